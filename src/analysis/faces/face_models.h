// The networks for faces without the analysers around them, for callers with a threshold and a normalisation of their
// own.
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
  // Returns the faces, the best first.
  virtual StatusOr<std::vector<FaceFinding>> Detect(Session& session, const PhotoView& photo,
                                                    const FaceDetectOptions& options) const = 0;
};

// Immutable and thread-safe.
class FaceRecogniserModel {
 public:
  virtual ~FaceRecogniserModel() = default;
  // Returns one vector for each of `faces`, as the model returns it or scaled to unit length. kFailedPrecondition when
  // a face has no landmarks.
  virtual StatusOr<std::vector<std::vector<float>>> Recognise(Session& session, const PhotoView& photo,
                                                              std::span<const FaceFinding> faces,
                                                              bool unit_length) const = 0;
};

// A model and the probe with which it is to be registered.
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
