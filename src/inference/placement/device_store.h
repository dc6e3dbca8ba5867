// Keeps what is known about this machine's devices between runs of the program: measurements, and failures with the
// time of the next attempt. The file can be deleted at any time; devices are then measured again.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "base/status.h"
#include "inference/engine.h"

namespace calotype {

// The measurement of a model on a device.
struct Trial {
  double milliseconds = 0;  // for all inputs of one probe, time in the session only; the best of several
  bool agrees = false;      // agrees with the reference
  std::string figure;       // as in Agreement
};

// A device on which a model does not run, and why.
struct NotUsed {
  std::string device;  // "openvino cpu f32", or a policy's selector that matches nothing here
  std::string reason;
  // True if the user should know: the device failed, the policy names it, or its hardware exists. False if it is only
  // slower.
  bool news = false;
};

// The device that a model last ran on.
struct PlacementRecord {
  std::string task;
  DeviceInfo device;
  std::optional<Trial> trial;
  std::vector<NotUsed> not_used;
};

struct DeviceFailure {
  std::string reason;
  int count = 0;  // consecutive failures
  std::chrono::system_clock::time_point at;
  std::chrono::system_clock::time_point next_try;
};

// Thread-safe, also between processes: each change reads, modifies and writes the file under a lock. A key contains
// everything that a result depends on: model, engine version, device, precision, threads, CPU, driver.
class DeviceStore {
 public:
  // How long to wait before a failed device is tried again. The time doubles with each consecutive failure, up to
  // kLastWait. A failure that is not expected to go away by itself waits for kLastWait at once.
  static constexpr std::chrono::seconds kFirstWait{60};
  static constexpr std::chrono::seconds kLastWait = std::chrono::hours(24);

  using Clock = std::function<std::chrono::system_clock::time_point()>;

  // `file` need not exist; an empty path keeps everything in memory. If the file cannot be read, this is logged and the
  // store starts empty.
  explicit DeviceStore(std::filesystem::path file, Clock clock = std::chrono::system_clock::now);

  std::optional<Trial> FindTrial(const std::string& key) const ABSL_LOCKS_EXCLUDED(mutex_);
  void PutTrial(const std::string& key, const Trial& trial) ABSL_LOCKS_EXCLUDED(mutex_);

  // Returns a failure after which the device may not be tried yet.
  std::optional<DeviceFailure> FindFailure(const std::string& key) const ABSL_LOCKS_EXCLUDED(mutex_);
  // Returns when the device may be tried again. `may_pass`: the failure may go away by itself.
  std::chrono::system_clock::time_point PutFailure(const std::string& key, const std::string& reason, bool may_pass)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void ForgetFailure(const std::string& key) ABSL_LOCKS_EXCLUDED(mutex_);

  // BeginTrial() and EndTrial() enclose a trial, which may crash the process. BeginTrial() returns how many trials with
  // this key were begun but not ended by processes that no longer run. A trial of a running process is not counted.
  int BeginTrial(const std::string& key) ABSL_LOCKS_EXCLUDED(mutex_);
  void EndTrial(const std::string& key) ABSL_LOCKS_EXCLUDED(mutex_);
  // Sets the number that the next BeginTrial() returns.
  void PutUnfinished(const std::string& key, int count) ABSL_LOCKS_EXCLUDED(mutex_);

  void PutPlacement(const std::string& model, const PlacementRecord& record) ABSL_LOCKS_EXCLUDED(mutex_);
  // The last placement of each model, by model name.
  std::map<std::string, PlacementRecord> Placements() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Deletes everything.
  void Clear() ABSL_LOCKS_EXCLUDED(mutex_);

  std::chrono::system_clock::time_point Now() const { return clock_(); }

 private:
  // Trials that were begun and not ended: their number, including one in progress, and the process id of the latter (0:
  // none).
  struct Unfinished {
    int count = 0;
    int64_t process = 0;
  };
  struct Contents {
    std::map<std::string, Trial> trials;
    std::map<std::string, DeviceFailure> failures;
    std::map<std::string, Unfinished> unfinished;
    std::map<std::string, PlacementRecord> placements;
  };

  static StatusOr<Contents> Read(const std::filesystem::path& file);
  static std::string ToJson(const Contents& contents);
  // Applies `change` to the current content of the file and to contents_.
  void Change(const std::function<void(Contents&)>& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Status ChangeFile(const std::function<void(Contents&)>& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::filesystem::path file_;
  const Clock clock_;
  mutable Mutex mutex_;
  Contents contents_ ABSL_GUARDED_BY(mutex_);
  bool told_ ABSL_GUARDED_BY(mutex_) = false;  // a failure to write the file was logged
};

}  // namespace calotype
