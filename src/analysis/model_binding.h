// One model of a pack, tied to the cache that loads it and to the test that it must pass first.
#pragma once

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/status.h"
#include "inference/engine.h"
#include "inference/model_cache.h"
#include "models/pack.h"

namespace calotype {

// Thread-safe. The cache must outlive it. Copies nothing but what names the model.
class ModelBinding {
 public:
  // `self_test` is run on the session when it is first loaded; null for none.
  ModelBinding(const ModelSpec& spec, ModelCache& cache, SelfTest self_test);

  // The session, loaded by the first caller. A load or a self-test that fails is the answer to every caller.
  StatusOr<std::shared_ptr<Session>> Get() ABSL_LOCKS_EXCLUDED(mutex_);

  // "onnxruntime 1.31.1 cpu f32"; empty before the first load.
  std::string device() const ABSL_LOCKS_EXCLUDED(mutex_);

  // The weights' part of a finding's version.
  const std::string& version_tag() const { return version_tag_; }

 private:
  const ModelFile file_;
  const std::string version_tag_;
  const SelfTest self_test_;
  ModelCache& cache_;
  mutable Mutex mutex_;
  std::string device_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
