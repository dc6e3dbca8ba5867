// The interface of object detectors, and the table of detector families.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/findings.h"
#include "base/status.h"
#include "inference/engine.h"
#include "models/pack.h"

namespace calotype {

// Thread-safe: holds only parameters.
class ObjectDetector {
 public:
  virtual ~ObjectDetector() = default;

  // Returns the objects that score at least score_threshold(), best first, in pixels of the upright original. Boxes may
  // extend beyond its edges. Returns kInvalidArgument when the graph does not belong to the family, kInternal when its
  // output is invalid.
  virtual StatusOr<std::vector<ObjectFinding>> Detect(Session& session, const PhotoView& photo) const = 0;
  virtual float score_threshold() const = 0;
};

struct DetectorFamily {
  std::string_view name;  // ModelSpec::family
  // Reads the parameters and returns their errors. Does not open the model.
  StatusOr<std::unique_ptr<const ObjectDetector>> (*create)(const ModelSpec& spec);
};

std::span<const DetectorFamily> DetectorFamilies();

}  // namespace calotype
