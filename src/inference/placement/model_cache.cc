#include "inference/placement/model_cache.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <utility>

#include "base/log.h"
#include "base/memory.h"

namespace calotype {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

// Destroys sessions without holding a lock: freeing one can take long.
void Release(std::vector<std::shared_ptr<PlacedSession>>& sessions) {
  if (!sessions.empty()) {
    sessions.clear();
    ReturnMemory();
  }
}

int64_t FileBytes(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  return error ? 0 : static_cast<int64_t>(size);
}

std::shared_ptr<Placement> OnCpu(std::shared_ptr<Engine> engine, const SessionOptions& options) {
  PlacementSettings settings{
      .options = ListDeviceOptions(std::span(&engine, 1)), .threads = options.threads, .parallel = options.parallel};
  return std::make_shared<Placement>(std::move(settings), std::make_shared<DeviceStore>(""));
}

}  // namespace

std::string DeviceInfo::ToString() const { return fmt::format("{} {} {}", engine, device, precision); }

ModelCache::ModelCache(std::shared_ptr<Placement> placement, CacheSettings settings)
    : placement_(std::move(placement)), settings_(std::move(settings)) {
  const bool any_idle = settings_.idle.count() > 0 || std::ranges::any_of(settings_.idle_by_task, [](const auto& task) {
                          return task.second.count() > 0;
                        });
  if (any_idle) {
    unloader_ = std::jthread([this](const std::stop_token& stop) { UnloadLoop(stop); });
  }
}

ModelCache::ModelCache(std::shared_ptr<Engine> engine, const SessionOptions& options)
    : ModelCache(OnCpu(std::move(engine), options), CacheSettings{}) {}

ModelCache::~ModelCache() = default;

void ModelCache::Register(const ModelFile& model, ModelProbe probe) {
  const MutexLock lock(&mutex_);
  Entry& entry = entries_[model.name];
  ++entry.users;
  if (!entry.loading && entry.session == nullptr) {
    entry.model = model;
    entry.probe = std::move(probe);
    entry.problem = absl::OkStatus();
  }
}

void ModelCache::Unregister(const std::string& name) {
  const MutexLock lock(&mutex_);
  --entries_[name].users;
}

StatusOr<std::shared_ptr<Session>> ModelCache::Get(const std::string& name) {
  std::vector<std::shared_ptr<PlacedSession>> unloaded;
  Entry* entry = nullptr;
  {
    const MutexLock lock(&mutex_);
    const auto found = entries_.find(name);
    if (found == entries_.end()) {
      return absl::NotFoundError(fmt::format("unknown model {}", name));
    }
    entry = &found->second;  // safe without the lock: entries are never removed
    mutex_.Await([&] { return !entry->loading; });
    entry->used = Clock::now();
    if (entry->session != nullptr) {
      return entry->session;
    }
    CALOTYPE_RETURN_IF_ERROR(entry->problem);
    entry->loading = true;
    Evict(FileBytes(entry->model.path), unloaded);
  }
  Release(unloaded);
  // Loading takes seconds and calls into analysis code, so the lock is not held. Nobody changes an entry while
  // `loading` is set.
  int64_t bytes = 0;
  StatusOr<std::shared_ptr<PlacedSession>> session = Load(entry->model, entry->probe, bytes);
  {
    const MutexLock lock(&mutex_);
    entry->loading = false;
    entry->used = Clock::now();
    if (!session.ok()) {
      return entry->problem = session.status();
    }
    entry->session = *session;
    entry->last.bytes = bytes;
    Evict(0, unloaded);
  }
  Release(unloaded);
  return *session;
}

StatusOr<std::shared_ptr<PlacedSession>> ModelCache::Load(const ModelFile& model, const ModelProbe& probe,
                                                          int64_t& bytes) {
  const auto start = Clock::now();
  const int64_t before = ResidentBytes();
  StatusOr<std::unique_ptr<PlacedSession>> loaded = PlacedSession::Create(model, probe, *placement_);
  ModelObserver* const observer = placement_->settings().observer;
  if (!loaded.ok()) {
    if (observer != nullptr) {
      observer->OnLoadFailure(model.name, loaded.status());
    }
    return Annotate(loaded.status(), fmt::format("model {} does not load", model.name));
  }
  std::shared_ptr<PlacedSession> session = *std::move(loaded);
  // The measured difference can be too small: other models may load at the same time, and measuring may have freed
  // memory. A model takes at least as much as its file.
  bytes = std::max(ResidentBytes() - before, FileBytes(model.path));
  const std::optional<Trial> trial = session->trial();
  LogInfo("model {} loaded ({}{}; in {:.0f} ms, {} MB)", model.name, session->device().ToString(),
          trial ? fmt::format(", {:.1f} ms, {}", trial->milliseconds, trial->figure) : "",
          Milliseconds(Clock::now() - start).count(), bytes / 1'000'000);
  if (observer != nullptr) {
    observer->OnLoad(model.name, session->device().ToString(), bytes, Clock::now() - start);
  }
  return session;
}

StatusOr<std::unique_ptr<Session>> ModelCache::LoadOnReference(const std::string& name) {
  ModelFile model;
  {
    const MutexLock lock(&mutex_);
    const auto found = entries_.find(name);
    if (found == entries_.end()) {
      return absl::NotFoundError(fmt::format("unknown model {}", name));
    }
    model = found->second.model;
  }
  return placement_->LoadOnReference(model);
}

std::vector<std::string> ModelCache::Unmeasured() const {
  const MutexLock lock(&mutex_);
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) {
    if (entry.users > 0 && placement_->NeedsMeasuring(entry.model, entry.probe)) {
      names.push_back(name);
    }
  }
  return names;
}

StatusOr<Plan> ModelCache::PlanFor(const std::string& name, const std::stop_token& stop) {
  ModelFile model;
  ModelProbe probe;
  {
    const MutexLock lock(&mutex_);
    const auto found = entries_.find(name);
    if (found == entries_.end()) {
      return absl::NotFoundError(fmt::format("unknown model {}", name));
    }
    model = found->second.model;
    probe = found->second.probe;
  }
  return placement_->PlanFor(model, probe, stop);
}

void ModelCache::Measure(const std::function<void(const std::string&)>& on_model, const std::stop_token& stop) {
  for (const std::string& name : Unmeasured()) {
    if (stop.stop_requested()) {
      break;
    }
    if (on_model) {
      on_model(name);
    }
    PlanFor(name, stop).status().IgnoreError();
  }
  ReturnMemory();
}

Status ModelCache::Preload(const std::set<std::string>& tasks, int at_once) {
  std::vector<std::string> names;
  for (const ModelReport& report : Report()) {
    if (tasks.contains(report.model.task)) {
      names.push_back(report.model.name);
    }
  }
  std::vector<Status> loaded(names.size());
  std::atomic<std::size_t> next{0};
  const auto load = [&] {
    for (std::size_t i = next++; i < names.size(); i = next++) {
      loaded[i] = Get(names[i]).status();
    }
  };
  {
    std::vector<std::jthread> others;
    for (int i = 1; i < at_once; ++i) {
      others.emplace_back(load);
    }
    load();
  }
  const auto failed = std::ranges::find_if(loaded, [](const Status& status) { return !status.ok(); });
  return failed == loaded.end() ? absl::OkStatus() : *failed;
}

std::vector<ModelReport> ModelCache::Report() const {
  const MutexLock lock(&mutex_);
  std::vector<ModelReport> reports;
  for (const auto& [name, entry] : entries_) {
    if (entry.users == 0) {
      continue;
    }
    ModelReport report = entry.last;
    report.model = entry.model;
    report.problem = entry.problem;
    if (entry.session != nullptr) {
      report.loaded = true;
      report.device = entry.session->device();
      report.trial = entry.session->trial();
      report.not_used = entry.session->not_used();
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

std::string ModelCache::DeviceOf(const std::string& name) const {
  const MutexLock lock(&mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    return "";
  }
  const Entry& entry = found->second;
  if (entry.session != nullptr) {
    return entry.session->device().ToString();
  }
  return entry.last.device.engine.empty() ? "" : entry.last.device.ToString();
}

bool ModelCache::IsIdle(const Entry& entry) const {
  // The cache holds the only reference, and nobody can get another one without the lock.
  return entry.session != nullptr && entry.session.use_count() == 1 && !settings_.pinned.contains(entry.model.task);
}

std::chrono::milliseconds ModelCache::IdleLimit(const Entry& entry) const {
  const auto own = settings_.idle_by_task.find(entry.model.task);
  return own == settings_.idle_by_task.end() ? settings_.idle : own->second;
}

void ModelCache::Unload(Entry& entry, std::vector<std::shared_ptr<PlacedSession>>& unloaded) {
  entry.last.device = entry.session->device();
  entry.last.trial = entry.session->trial();
  entry.last.not_used = entry.session->not_used();
  LogInfo("model {} unloaded", entry.model.name);
  if (placement_->settings().observer != nullptr) {
    placement_->settings().observer->OnUnload(entry.model.name);
  }
  unloaded.push_back(std::move(entry.session));
  entry.session = nullptr;
}

int64_t ModelCache::LoadedBytes() const {
  int64_t bytes = 0;
  for (const auto& [name, entry] : entries_) {
    bytes += entry.session != nullptr ? entry.last.bytes : 0;
  }
  return bytes;
}

void ModelCache::Evict(int64_t bytes, std::vector<std::shared_ptr<PlacedSession>>& unloaded) {
  if (settings_.memory_bytes > 0) {
    EvictUntil(settings_.memory_bytes - bytes, unloaded);
  }
}

void ModelCache::EvictUntil(int64_t bytes, std::vector<std::shared_ptr<PlacedSession>>& unloaded) {
  while (LoadedBytes() > bytes) {
    Entry* oldest = nullptr;
    for (auto& [name, entry] : entries_) {
      if (IsIdle(entry) && (oldest == nullptr || entry.used < oldest->used)) {
        oldest = &entry;
      }
    }
    if (oldest == nullptr) {
      return;  // all models are in use: the limit must not stop the work
    }
    Unload(*oldest, unloaded);
  }
}

void ModelCache::MakeRoom(int64_t bytes) {
  std::vector<std::shared_ptr<PlacedSession>> unloaded;
  {
    const MutexLock lock(&mutex_);
    EvictUntil(std::max<int64_t>(LoadedBytes() - bytes, 0), unloaded);
  }
  unloaded.clear();
  ReturnMemory();
}

void ModelCache::UnloadIdle() {
  std::vector<std::shared_ptr<PlacedSession>> unloaded;
  {
    const MutexLock lock(&mutex_);
    const Clock::time_point now = Clock::now();
    for (auto& [name, entry] : entries_) {
      const std::chrono::milliseconds limit = IdleLimit(entry);
      if (limit.count() > 0 && IsIdle(entry) && now - entry.used >= limit) {
        Unload(entry, unloaded);
      }
    }
  }
  Release(unloaded);
}

void ModelCache::UnloadLoop(const std::stop_token& stop) {
  constexpr std::chrono::milliseconds kPeriod{250};
  std::unique_lock<std::mutex> lock(wake_mutex_);
  while (!wake_.wait_for(lock, stop, kPeriod, [&stop] { return stop.stop_requested(); })) {
    UnloadIdle();
  }
}

}  // namespace calotype
