#include "analysis/model_binding.h"

#include <utility>

namespace calotype {

ModelBinding::ModelBinding(const ModelSpec& spec, ModelCache& cache, ModelProbe probe)
    : name_(spec.name), version_tag_(spec.VersionTag()), cache_(cache) {
  cache_.Register({.name = spec.name, .task = spec.task, .path = spec.path, .hash = spec.sha256.Hex()},
                  std::move(probe));
}

}  // namespace calotype
