// The networks for faces without the analysers around them. The caller (PredictService) chooses the score threshold,
// whether boxes are clipped, and whether vectors get unit length.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/findings.h"
#include "base/status.h"
#include "inference/engine.h"
#include "inference/placement/model_probe.h"
#include "models/pack.h"

namespace calotype {

struct FaceDetectOptions {
  std::optional<float> score_threshold;  // instead of the model's own
  bool clip = true;                      // clip boxes to the photo, and drop faces that lie outside
};

// Immutable and thread-safe.
class FaceDetectorModel {
 public:
  virtual ~FaceDetectorModel() = default;
  // Returns the faces in pixels of the upright original, the best first.
  virtual StatusOr<std::vector<FaceFinding>> Detect(Session& session, const PhotoView& photo,
                                                    const FaceDetectOptions& options) const = 0;
};

// Immutable and thread-safe.
class FaceRecogniserModel {
 public:
  virtual ~FaceRecogniserModel() = default;
  // Returns one vector for each of `faces`, scaled to unit length if `unit_length`, else as the model returns it.
  // kFailedPrecondition when a face has no landmarks. Errors of the session are returned, too.
  virtual StatusOr<std::vector<std::vector<float>>> Recognise(Session& session, const PhotoView& photo,
                                                              std::span<const FaceFinding> faces,
                                                              bool unit_length) const = 0;
};

// A model, and the test with which ModelCache::Register() lets devices be measured.
struct FaceDetectorParts {
  std::shared_ptr<const FaceDetectorModel> model;
  ModelProbe probe;
};
struct FaceRecogniserParts {
  std::shared_ptr<const FaceRecogniserModel> model;
  ModelProbe probe;
};

// Return kInvalidArgument for an unknown family or parameter.
StatusOr<FaceDetectorParts> ReadFaceDetector(const ModelSpec& spec);
StatusOr<FaceRecogniserParts> ReadFaceRecogniser(const ModelSpec& spec);

}  // namespace calotype
