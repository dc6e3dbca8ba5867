#include "inference/placement/device_store.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <span>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "inference/placement/placement_json.h"

namespace calotype {
namespace {

using nlohmann::json;
using Time = std::chrono::system_clock::time_point;

// Version of the file's layout. A file of another version is discarded.
constexpr int kFormat = 1;

int64_t ToSeconds(Time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

Time FromSeconds(int64_t seconds) { return Time(std::chrono::seconds(seconds)); }

std::chrono::seconds WaitAfter(int failures, bool may_pass) {
  if (!may_pass) {
    return DeviceStore::kLastWait;
  }
  const int doublings = std::clamp(failures - 1, 0, 20);
  return std::min(DeviceStore::kFirstWait * (1 << doublings), DeviceStore::kLastWait);
}

json AsJson(const Trial& trial) {
  return {{"ms", trial.milliseconds}, {"agrees", trial.agrees}, {"figure", trial.figure}};
}

Trial TrialFrom(const json& trial) {
  return {.milliseconds = trial.at("ms"), .agrees = trial.at("agrees"), .figure = trial.at("figure")};
}

json AsJson(const PlacementRecord& record) {
  json placement = ToJson(record);
  placement["trial"] = record.trial ? AsJson(*record.trial) : json(nullptr);
  return placement;
}

PlacementRecord PlacementFrom(const json& record) {
  PlacementRecord placement{
      .task = record.at("task"),
      .device = {.engine = record.at("engine"), .device = record.at("device"), .precision = record.at("precision")}};
  if (!record.at("trial").is_null()) {
    placement.trial = TrialFrom(record.at("trial"));
  }
  for (const json& device : record.at("not_used")) {
    placement.not_used.push_back(
        {.device = device.at("device"), .reason = device.at("reason"), .news = device.at("news")});
  }
  return placement;
}

// If a new process has the id of the one that died, its trial seems to be still running, so that the device is tried
// once more than intended.
bool Lives(int64_t process) { return process != 0 && (kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM); }

// Excludes other processes while it exists.
StatusOr<UniqueFd> LockBeside(const std::filesystem::path& file) {
  const std::string lock = file.string() + ".lock";
  UniqueFd descriptor(open(lock.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644));
  if (descriptor.get() < 0) {
    return ErrnoStatus(errno, "open " + lock);
  }
  if (flock(descriptor.get(), LOCK_EX) != 0) {
    return ErrnoStatus(errno, "lock " + lock);
  }
  return descriptor;
}

}  // namespace

DeviceStore::DeviceStore(std::filesystem::path file, Clock clock) : file_(std::move(file)), clock_(std::move(clock)) {
  if (file_.empty()) {
    return;
  }
  StatusOr<Contents> contents = Read(file_);
  if (contents.ok()) {
    contents_ = *std::move(contents);
  } else if (!absl::IsNotFound(contents.status())) {
    LogWarning("{}; measuring the devices again", Message(contents.status()));
  }
}

StatusOr<DeviceStore::Contents> DeviceStore::Read(const std::filesystem::path& file) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(file));
  try {
    const json root = json::parse(text);
    Contents contents;
    if (root.at("format") != kFormat) {
      return contents;
    }
    for (const auto& [key, trial] : root.at("trials").items()) {
      contents.trials[key] = TrialFrom(trial);
    }
    for (const auto& [key, failure] : root.at("failures").items()) {
      contents.failures[key] = {.reason = failure.at("reason"),
                                .count = failure.at("count"),
                                .at = FromSeconds(failure.at("at")),
                                .next_try = FromSeconds(failure.at("next_try"))};
    }
    const json none = json::object();  // older files have no "unfinished"
    for (const auto& [key, unfinished] : (root.contains("unfinished") ? root.at("unfinished") : none).items()) {
      contents.unfinished[key] = {.count = unfinished.at("count"), .process = unfinished.at("process")};
    }
    for (const auto& [model, record] : root.at("placements").items()) {
      contents.placements[model] = PlacementFrom(record);
    }
    return contents;
  } catch (const json::exception& error) {
    return absl::DataLossError(fmt::format("{} is damaged ({})", file.string(), error.what()));
  }
}

std::string DeviceStore::ToJson(const Contents& contents) {
  json root = {{"format", kFormat},
               {"trials", json::object()},
               {"failures", json::object()},
               {"unfinished", json::object()},
               {"placements", json::object()}};
  for (const auto& [key, trial] : contents.trials) {
    root["trials"][key] = AsJson(trial);
  }
  for (const auto& [key, failure] : contents.failures) {
    root["failures"][key] = {{"reason", failure.reason},
                             {"count", failure.count},
                             {"at", ToSeconds(failure.at)},
                             {"next_try", ToSeconds(failure.next_try)}};
  }
  for (const auto& [key, unfinished] : contents.unfinished) {
    root["unfinished"][key] = {{"count", unfinished.count}, {"process", unfinished.process}};
  }
  for (const auto& [model, record] : contents.placements) {
    root["placements"][model] = AsJson(record);
  }
  // Messages of libraries may contain invalid UTF-8.
  return root.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

Status DeviceStore::ChangeFile(const std::function<void(Contents&)>& change) {
  std::error_code error;
  std::filesystem::create_directories(file_.parent_path(), error);
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd lock, LockBeside(file_));
  StatusOr<Contents> contents = Read(file_);
  Contents now = contents.ok() ? *std::move(contents) : Contents{};
  change(now);
  const std::string text = ToJson(now);
  return WriteFileAtomically(file_, std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

void DeviceStore::Change(const std::function<void(Contents&)>& change) {
  change(contents_);
  if (file_.empty()) {
    return;
  }
  if (const Status status = ChangeFile(change); !status.ok() && !told_) {
    LogWarning("cannot save device measurements: {}", Message(status));
    told_ = true;
  }
}

std::optional<Trial> DeviceStore::FindTrial(const std::string& key) const {
  const MutexLock lock(&mutex_);
  const auto found = contents_.trials.find(key);
  return found == contents_.trials.end() ? std::nullopt : std::optional(found->second);
}

void DeviceStore::PutTrial(const std::string& key, const Trial& trial) {
  const MutexLock lock(&mutex_);
  Change([&](Contents& contents) { contents.trials[key] = trial; });
}

std::optional<DeviceFailure> DeviceStore::FindFailure(const std::string& key) const {
  const MutexLock lock(&mutex_);
  const auto found = contents_.failures.find(key);
  return found == contents_.failures.end() || found->second.next_try <= clock_() ? std::nullopt
                                                                                 : std::optional(found->second);
}

Time DeviceStore::PutFailure(const std::string& key, const std::string& reason, bool may_pass) {
  const MutexLock lock(&mutex_);
  const Time now = clock_();
  const auto known = contents_.failures.find(key);
  const int count = known == contents_.failures.end() ? 1 : known->second.count + 1;
  const DeviceFailure failure{
      .reason = reason, .count = count, .at = now, .next_try = now + WaitAfter(count, may_pass)};
  Change([&](Contents& contents) { contents.failures[key] = failure; });
  return failure.next_try;
}

void DeviceStore::ForgetFailure(const std::string& key) {
  const MutexLock lock(&mutex_);
  if (contents_.failures.contains(key)) {
    Change([&](Contents& contents) { contents.failures.erase(key); });
  }
}

int DeviceStore::BeginTrial(const std::string& key) {
  const MutexLock lock(&mutex_);
  const auto known = contents_.unfinished.find(key);
  const Unfinished before = known == contents_.unfinished.end() ? Unfinished{} : known->second;
  if (Lives(before.process)) {
    return before.count - 1;
  }
  Change([&](Contents& contents) { contents.unfinished[key] = {.count = before.count + 1, .process = getpid()}; });
  return before.count;
}

void DeviceStore::EndTrial(const std::string& key) {
  const MutexLock lock(&mutex_);
  const auto known = contents_.unfinished.find(key);
  if (known == contents_.unfinished.end() || known->second.process != getpid()) {
    return;
  }
  const int others = known->second.count - 1;
  Change([&](Contents& contents) {
    if (others == 0) {
      contents.unfinished.erase(key);
    } else {
      contents.unfinished[key] = {.count = others, .process = 0};
    }
  });
}

void DeviceStore::PutUnfinished(const std::string& key, int count) {
  const MutexLock lock(&mutex_);
  Change([&](Contents& contents) { contents.unfinished[key] = {.count = count, .process = 0}; });
}

void DeviceStore::PutPlacement(const std::string& model, const PlacementRecord& record) {
  const MutexLock lock(&mutex_);
  // Most loads change nothing; do not write the file then.
  const auto known = contents_.placements.find(model);
  if (known == contents_.placements.end() || AsJson(known->second) != AsJson(record)) {
    Change([&](Contents& contents) { contents.placements[model] = record; });
  }
}

std::map<std::string, PlacementRecord> DeviceStore::Placements() const {
  const MutexLock lock(&mutex_);
  return contents_.placements;
}

void DeviceStore::Clear() {
  const MutexLock lock(&mutex_);
  Change([](Contents& contents) { contents = Contents{}; });
}

}  // namespace calotype
