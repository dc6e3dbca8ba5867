// Sessions by model: placed and loaded when first asked for, once however many threads ask at the same time, and kept
// as long as memory and patience allow.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/status.h"
#include "inference/engine.h"
#include "inference/placement/placed_session.h"
#include "inference/placement/placement.h"

namespace calotype {

struct CacheSettings {
  // Models that are idle are unloaded, the one unused for longest first, while all together hold more; 0: no limit.
  int64_t memory_bytes = 0;
  // A model unused for this long is unloaded, by task; `idle` for the others; 0: never.
  std::chrono::milliseconds idle{0};
  std::map<std::string, std::chrono::milliseconds> idle_by_task;
  // Tasks whose models are never unloaded.
  std::set<std::string> pinned;
};

// What is known of one model.
struct ModelReport {
  ModelFile model;
  bool loaded = false;
  Status problem;     // why it does not load; OK when it did, or was not asked for
  DeviceInfo device;  // of the last load
  std::optional<Trial> trial;
  std::vector<NotUsed> not_used;
  int64_t bytes = 0;  // of memory that loading it took
};

// Thread-safe. Sessions outlive the cache only while someone holds them; the placement must outlive both.
class ModelCache {
 public:
  ModelCache(std::shared_ptr<Placement> placement, CacheSettings settings);
  // Everything on the CPU of one engine, nothing measured or kept: for tests.
  ModelCache(std::shared_ptr<Engine> engine, const SessionOptions& options);
  ~ModelCache();
  ModelCache(const ModelCache&) = delete;
  ModelCache& operator=(const ModelCache&) = delete;

  // Makes a model known; the same name again replaces what was said of it as long as it is not loaded.
  void Register(const ModelFile& model, ModelProbe probe) ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes one Register() back: a model that nobody has registered any more is neither measured nor reported.
  void Unregister(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);

  // The session of a registered model. The first caller places and loads it; others wait for that one load. A load that
  // failed is not tried again by this cache: every caller gets its reason. kNotFound for a name that is not registered.
  StatusOr<std::shared_ptr<Session>> Get(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);

  // Names of the registered models whose devices are not measured yet.
  std::vector<std::string> Unmeasured() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Measures them, one after the other; better before many threads are at work than in their midst. `on_model` is told
  // each name before it begins; may be null. Failures show when the model is loaded. A stop is heeded between two
  // trials.
  void Measure(const std::function<void(const std::string&)>& on_model, const std::stop_token& stop = {})
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Where a registered model would run, measured where that is missing. kNotFound for a name that is not registered.
  StatusOr<Plan> PlanFor(const std::string& name, const std::stop_token& stop = {}) ABSL_LOCKS_EXCLUDED(mutex_);

  // Loads the models of these tasks now, up to `at_once` side by side: what each holds of memory can then only be
  // guessed. Answers the first error.
  Status Preload(const std::set<std::string>& tasks, int at_once = 1) ABSL_LOCKS_EXCLUDED(mutex_);

  // All registered models, by name.
  std::vector<ModelReport> Report() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Where a model runs; empty before its first load.
  std::string DeviceOf(const std::string& name) const ABSL_LOCKS_EXCLUDED(mutex_);

  // Unloads idle models, the one unused for longest first, until they have given back `bytes`, or none is left.
  void MakeRoom(int64_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);

  // Unloads what has been idle for long enough; also done by a thread of its own when a time is set.
  void UnloadIdle() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Clock = std::chrono::steady_clock;

  struct Entry {
    ModelFile model;
    ModelProbe probe;
    int users = 0;
    bool loading = false;
    Status problem;
    std::shared_ptr<PlacedSession> session;
    ModelReport last;  // of the last load
    Clock::time_point used;
  };

  StatusOr<std::shared_ptr<PlacedSession>> Load(const ModelFile& model, const ModelProbe& probe, int64_t& bytes);
  bool IsIdle(const Entry& entry) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::chrono::milliseconds IdleLimit(const Entry& entry) const;
  static void Unload(Entry& entry, std::vector<std::shared_ptr<PlacedSession>>& unloaded);
  // Makes room for `bytes` more.
  void Evict(int64_t bytes, std::vector<std::shared_ptr<PlacedSession>>& unloaded)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Until all loaded ones together hold no more than `bytes`.
  void EvictUntil(int64_t bytes, std::vector<std::shared_ptr<PlacedSession>>& unloaded)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int64_t LoadedBytes() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void UnloadLoop(const std::stop_token& stop);

  const std::shared_ptr<Placement> placement_;
  const CacheSettings settings_;
  mutable Mutex mutex_;
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::mutex wake_mutex_;  // for the unloading thread's sleep alone
  std::condition_variable_any wake_;
  std::jthread unloader_;  // last: it uses all of the above
};

}  // namespace calotype
