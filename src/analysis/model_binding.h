// Connects a model of a pack with the cache that loads it and the probe that it must pass.
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
  // Registers the model with the cache. `probe` tests and compares devices; pass an empty one for no test.
  ModelBinding(const ModelSpec& spec, ModelCache& cache, ModelProbe probe);
  ModelBinding(const ModelBinding&) = delete;
  ModelBinding& operator=(const ModelBinding&) = delete;
  ~ModelBinding() { cache_.Unregister(name_); }

  // Returns the session. The first caller loads it; when loading or the self-test fails, every caller gets that error.
  // Release the session after use: the cache cannot unload it while it is held.
  StatusOr<std::shared_ptr<Session>> Get() { return cache_.Get(name_); }

  // "onnxruntime 1.31.1 cpu f32"; empty before the model is loaded.
  std::string device() const { return cache_.DeviceOf(name_); }

  // The part of a finding's version that identifies the weights.
  const std::string& version_tag() const { return version_tag_; }

 private:
  const std::string name_;
  const std::string version_tag_;
  ModelCache& cache_;
};

}  // namespace calotype
