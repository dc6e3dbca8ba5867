// The small interface behind which each family of object detectors lies, and the table of families.
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

// Thread-safe: it holds parameters alone.
class ObjectDetector {
 public:
  virtual ~ObjectDetector() = default;

  // The objects that score score_threshold() or more, best first, in pixels of the upright original; boxes may lie
  // over its edge. kInvalidArgument when the graph is not of the family, kInternal when it answers what it should not.
  virtual StatusOr<std::vector<ObjectFinding>> Detect(Session& session, const PhotoView& photo) const = 0;
  virtual float score_threshold() const = 0;
};

struct DetectorFamily {
  std::string_view name;  // ModelSpec::family
  // Reads the parameters; the errors of doing so. The model is not opened.
  StatusOr<std::unique_ptr<const ObjectDetector>> (*create)(const ModelSpec& spec);
};

std::span<const DetectorFamily> DetectorFamilies();

}  // namespace calotype
