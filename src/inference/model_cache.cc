#include "inference/model_cache.h"

#include <chrono>
#include <utility>

#include "base/log.h"

namespace calotype {

std::string DeviceInfo::ToString() const { return fmt::format("{} {} {}", engine, device, precision); }

ModelCache::ModelCache(std::shared_ptr<Engine> engine, SessionOptions options)
    : engine_(std::move(engine)), options_(options) {}

StatusOr<std::shared_ptr<Session>> ModelCache::Get(const ModelFile& model, const SelfTest& self_test) {
  std::shared_ptr<Entry> entry;
  {
    const MutexLock lock(&mutex_);
    std::shared_ptr<Entry>& known = entries_[model.name];
    if (known != nullptr) {
      entry = known;
      mutex_.Await([&] { return entry->ready; });
      return entry->session;
    }
    known = entry = std::make_shared<Entry>();
  }
  // Loading takes seconds and calls back into analysis code: never under the lock.
  StatusOr<std::shared_ptr<Session>> session = Load(model, self_test);
  const MutexLock lock(&mutex_);
  entry->session = std::move(session);
  entry->ready = true;
  return entry->session;
}

StatusOr<std::shared_ptr<Session>> ModelCache::Load(const ModelFile& model, const SelfTest& self_test) {
  const auto start = std::chrono::steady_clock::now();
  StatusOr<std::unique_ptr<Session>> loaded = engine_->Load(model.path, options_);
  if (!loaded.ok()) {
    return Annotate(loaded.status(), fmt::format("model {} does not load", model.name));
  }
  std::shared_ptr<Session> session = *std::move(loaded);
  if (self_test) {
    if (const Status status = self_test(*session); !status.ok()) {
      return Annotate(status,
                      fmt::format("model {} fails its self-test on {}", model.name, session->device().ToString()));
    }
  }
  const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
  LogInfo("model {} loaded ({}, {:.0f} ms)", model.name, session->device().ToString(), elapsed.count());
  return session;
}

std::map<std::string, DeviceInfo> ModelCache::Loaded() const {
  const MutexLock lock(&mutex_);
  std::map<std::string, DeviceInfo> loaded;
  for (const auto& [name, entry] : entries_) {
    if (entry->ready && entry->session.ok()) {
      loaded.emplace(name, (*entry->session)->device());
    }
  }
  return loaded;
}

}  // namespace calotype
