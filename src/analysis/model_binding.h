// One model of a pack, tied to the cache that loads it and to the probe that it must pass first.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "inference/engine.h"
#include "inference/placement/model_cache.h"
#include "models/pack.h"

namespace calotype {

// Thread-safe. The cache must outlive it.
class ModelBinding {
 public:
  // Registers the model with the cache. `probe` is what a device is tried and compared with; empty for none.
  ModelBinding(const ModelSpec& spec, ModelCache& cache, ModelProbe probe);
  ModelBinding(const ModelBinding&) = delete;
  ModelBinding& operator=(const ModelBinding&) = delete;
  ~ModelBinding() { cache_.Unregister(name_); }

  // The session, loaded by the first caller. A load or a self-test that fails is the answer to every caller. Held for
  // no longer than it is used: a session that is held is not unloaded.
  StatusOr<std::shared_ptr<Session>> Get() { return cache_.Get(name_); }

  // "onnxruntime 1.31.1 cpu f32"; empty before the first load.
  std::string device() const { return cache_.DeviceOf(name_); }

  // The weights' part of a finding's version.
  const std::string& version_tag() const { return version_tag_; }

 private:
  const std::string name_;
  const std::string version_tag_;
  ModelCache& cache_;
};

}  // namespace calotype
