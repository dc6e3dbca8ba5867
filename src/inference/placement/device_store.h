// What was learnt about the devices of this machine, kept between runs of the program: measurements, and failures with
// the time from which they may be tried again. A file that can be deleted at any time; what it loses is measured again.
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

// One model, measured on one device.
struct Trial {
  double milliseconds = 0;  // of one probe input, in the session alone; the best of several
  bool agrees = false;      // with the reference
  std::string figure;       // as in Agreement
};

// A device that a model does not run on, and why.
struct NotUsed {
  std::string device;  // "openvino cpu f32", or a policy's selector that names nothing here
  std::string reason;
  // It failed, or was asked for by name, or its hardware is there: a user wants to know, and not that it is slower.
  bool news = false;
};

// Where a model was last put.
struct PlacementRecord {
  std::string task;
  DeviceInfo device;
  std::optional<Trial> trial;
  std::vector<NotUsed> not_used;
};

struct DeviceFailure {
  std::string reason;
  int count = 0;  // in a row
  std::chrono::system_clock::time_point at;
  std::chrono::system_clock::time_point next_try;
};

// Thread-safe, and safe between processes: each change is read, made and written under a lock of the file. Keys name
// all that a result depends on: model, engine version, device, precision, threads, CPU, driver.
class DeviceStore {
 public:
  // How long a failed device is left alone: doubled with each failure in a row, up to the last; a failure that will not
  // pass by itself waits the last at once.
  static constexpr std::chrono::seconds kFirstWait{60};
  static constexpr std::chrono::seconds kLastWait = std::chrono::hours(24);

  using Clock = std::function<std::chrono::system_clock::time_point()>;

  // `file` need not exist; empty keeps everything in memory. A file that cannot be read is logged and begun anew.
  explicit DeviceStore(std::filesystem::path file, Clock clock = std::chrono::system_clock::now);

  std::optional<Trial> FindTrial(const std::string& key) const ABSL_LOCKS_EXCLUDED(mutex_);
  void PutTrial(const std::string& key, const Trial& trial) ABSL_LOCKS_EXCLUDED(mutex_);

  // A failure whose time has not come yet.
  std::optional<DeviceFailure> FindFailure(const std::string& key) const ABSL_LOCKS_EXCLUDED(mutex_);
  // Answers from when it may be tried again.
  std::chrono::system_clock::time_point PutFailure(const std::string& key, const std::string& reason, bool may_pass)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void ForgetFailure(const std::string& key) ABSL_LOCKS_EXCLUDED(mutex_);

  // Around a trial, which may take the whole process down with it. Answers how many trials under the key were begun and
  // not ended by processes that are no more; of one that lives nothing is known yet.
  int BeginTrial(const std::string& key) ABSL_LOCKS_EXCLUDED(mutex_);
  void EndTrial(const std::string& key) ABSL_LOCKS_EXCLUDED(mutex_);
  // Lets the next process that begins one know of so many.
  void PutUnfinished(const std::string& key, int count) ABSL_LOCKS_EXCLUDED(mutex_);

  void PutPlacement(const std::string& model, const PlacementRecord& record) ABSL_LOCKS_EXCLUDED(mutex_);
  // By model, all that were ever placed.
  std::map<std::string, PlacementRecord> Placements() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Forgets everything.
  void Clear() ABSL_LOCKS_EXCLUDED(mutex_);

  std::chrono::system_clock::time_point Now() const { return clock_(); }

 private:
  // Trials that were begun and not ended: how many, the one that goes on among them, and whose that is; 0 for none.
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
  // Makes `change` to what the file says now, and to what we know.
  void Change(const std::function<void(Contents&)>& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Status ChangeFile(const std::function<void(Contents&)>& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::filesystem::path file_;
  const Clock clock_;
  mutable Mutex mutex_;
  Contents contents_ ABSL_GUARDED_BY(mutex_);
  bool told_ ABSL_GUARDED_BY(mutex_) = false;  // that it cannot be written
};

}  // namespace calotype
