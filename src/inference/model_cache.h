// Sessions by model: loaded when first asked for, once however many threads ask at the same time, kept.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/status.h"
#include "inference/engine.h"

namespace calotype {

struct ModelFile {
  std::string name;  // unique in the cache: "centernet"
  std::filesystem::path path;
};

// Answers OK when a freshly loaded session gives the answer that the model's manifest expects.
using SelfTest = std::function<Status(Session&)>;

// Thread-safe. Sessions outlive the cache while someone holds them.
class ModelCache {
 public:
  ModelCache(std::shared_ptr<Engine> engine, SessionOptions options);

  // The session of `model`. The first caller loads it and runs `self_test` (may be null); others wait for that one
  // load. A load that failed is not tried again by this cache: every caller gets its reason.
  StatusOr<std::shared_ptr<Session>> Get(const ModelFile& model, const SelfTest& self_test) ABSL_LOCKS_EXCLUDED(mutex_);

  // Where each model that was loaded runs, by name.
  std::map<std::string, DeviceInfo> Loaded() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Entry {
    bool ready = false;
    StatusOr<std::shared_ptr<Session>> session = absl::UnknownError("not loaded");
  };

  StatusOr<std::shared_ptr<Session>> Load(const ModelFile& model, const SelfTest& self_test);

  const std::shared_ptr<Engine> engine_;
  const SessionOptions options_;
  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
