// Keeps one session for each model. A model is measured and loaded when it is first requested, once however many
// threads request it, and unloaded when memory is short or it was idle for long.
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
  // Limit for the memory of all loaded models, in bytes; 0: no limit. Above it, idle models are unloaded, the least
  // recently used first.
  int64_t memory_bytes = 0;
  // Idle time after which a model is unloaded, by task; `idle` is for the other tasks; 0: never.
  std::chrono::milliseconds idle{0};
  std::map<std::string, std::chrono::milliseconds> idle_by_task;
  // Tasks whose models are never unloaded.
  std::set<std::string> pinned;
};

// The state of one model.
struct ModelReport {
  ModelFile model;
  bool loaded = false;
  Status problem;     // why it does not load; OK if it did, or was never requested
  DeviceInfo device;  // of the last load
  std::optional<Trial> trial;
  std::vector<NotUsed> not_used;
  int64_t bytes = 0;  // memory that loading it took
};

// Thread-safe. Sessions may outlive the cache. The placement must outlive both.
class ModelCache {
 public:
  ModelCache(std::shared_ptr<Placement> placement, CacheSettings settings);
  // For tests: runs everything on the CPU of one engine, without measuring and without a store.
  ModelCache(std::shared_ptr<Engine> engine, const SessionOptions& options);
  ~ModelCache();
  ModelCache(const ModelCache&) = delete;
  ModelCache& operator=(const ModelCache&) = delete;

  // Adds a model. If the name is registered already, replaces its description unless the model is loaded.
  void Register(const ModelFile& model, ModelProbe probe) ABSL_LOCKS_EXCLUDED(mutex_);

  // Undoes one Register(). A model without registrations is neither measured nor reported.
  void Unregister(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);

  // Returns the session of a registered model. The first caller loads it, others wait for that load. After a failed
  // load every caller gets the same error; this cache does not retry. kNotFound if the name is not registered.
  StatusOr<std::shared_ptr<Session>> Get(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);

  // Loads a registered model on the reference device, apart from the cache: for comparisons with other devices.
  // kNotFound if the name is not registered; else errors of loading.
  StatusOr<std::unique_ptr<Session>> LoadOnReference(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);

  // The names of registered models whose devices have not been measured.
  std::vector<std::string> Unmeasured() const ABSL_LOCKS_EXCLUDED(mutex_);
  // Measures them one by one; other work at the same time would falsify the results. Calls `on_model` (may be null)
  // with each name before it starts. Failures are reported when the model is loaded. A stop takes effect between two
  // trials.
  void Measure(const std::function<void(const std::string&)>& on_model, const std::stop_token& stop = {})
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Returns where a registered model would run; measures devices first if needed. kNotFound if the name is not
  // registered.
  StatusOr<Plan> PlanFor(const std::string& name, const std::stop_token& stop = {}) ABSL_LOCKS_EXCLUDED(mutex_);

  // Loads the models of these tasks, up to `at_once` in parallel; with more than one, the memory of each model can only
  // be estimated. Returns the first error.
  Status Preload(const std::set<std::string>& tasks, int at_once = 1) ABSL_LOCKS_EXCLUDED(mutex_);

  // All registered models, by name.
  std::vector<ModelReport> Report() const ABSL_LOCKS_EXCLUDED(mutex_);
  // The device that a model runs on; empty before its first load.
  std::string DeviceOf(const std::string& name) const ABSL_LOCKS_EXCLUDED(mutex_);

  // Unloads idle models, the least recently used first, until at least `bytes` are freed or no idle model is left.
  void MakeRoom(int64_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);

  // Unloads models that were idle for longer than their limit. If there are limits, a thread of the cache calls this
  // regularly.
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
    ModelReport last;  // the state after the last load
    Clock::time_point used;
  };

  StatusOr<std::shared_ptr<PlacedSession>> Load(const ModelFile& model, const ModelProbe& probe, int64_t& bytes);
  bool IsIdle(const Entry& entry) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::chrono::milliseconds IdleLimit(const Entry& entry) const;
  void Unload(Entry& entry, std::vector<std::shared_ptr<PlacedSession>>& unloaded);
  // Unloads idle models so that `bytes` more fit into the limit.
  void Evict(int64_t bytes, std::vector<std::shared_ptr<PlacedSession>>& unloaded)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Unloads idle models until all loaded ones together take at most `bytes`.
  void EvictUntil(int64_t bytes, std::vector<std::shared_ptr<PlacedSession>>& unloaded)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int64_t LoadedBytes() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void UnloadLoop(const std::stop_token& stop);

  const std::shared_ptr<Placement> placement_;
  const CacheSettings settings_;
  mutable Mutex mutex_;
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::mutex wake_mutex_;  // only for the sleep of the unloading thread
  std::condition_variable_any wake_;
  std::jthread unloader_;  // last member: it uses all others
};

}  // namespace calotype
