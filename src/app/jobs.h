// Work in the background, one job after the other. Jobs survive the end of the process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "app/library.h"
#include "app/models_use.h"
#include "app/quantise.h"
#include "app/scan.h"
#include "base/mutex.h"
#include "base/status.h"

namespace calotype {

// Stored by name. kBackup writes a file beside the catalogue, kExport sidecars beside photos; kSwitch re-analyses the
// photos with other models, kQuantise makes int8 forms of models, kRestore replaces the catalogue with a backup.
enum class JobKind : uint8_t { kScan, kRetry, kBackup, kExport, kSwitch, kQuantise, kRestore };
enum class JobState : uint8_t { kQueued, kRunning, kDone, kFailed, kCancelled };

std::string_view JobKindName(JobKind kind);     // "scan", "retry", "backup", "export", "switch" ...
std::string_view JobStateName(JobState state);  // "queued", "running", "done", "failed", "cancelled"
std::optional<JobKind> ParseJobKind(std::string_view name);
std::optional<JobState> ParseJobState(std::string_view name);

struct JobRequest {
  JobKind kind = JobKind::kScan;
  std::vector<std::string> folders;  // kScan: folders or files; empty: those scanned before
  std::vector<std::string> only;     // kScan, kRetry: analyses; empty: all
  bool gone = false;                 // kScan: as ScanRequest::gone
  std::string reason;                // kRetry: as RetryRequest::reason
  std::string query;                 // kExport: which photos get sidecars; empty: all
  std::vector<PhotoId> chosen;       // kExport: these photos instead of those of `query`
  UseRequest use;                    // kSwitch
  QuantiseRequest quantise;          // kQuantise
  std::string backup;                // kRestore: as FindServedBackup() takes it
};

struct Job {
  int64_t id = 0;  // from 1, in the order of submission
  JobRequest request;
  JobState state = JobState::kQueued;
  std::string error;                      // of a failed job
  std::map<std::string, int64_t> counts;  // of an ended one: "photos", "analysed", "failed", "bytes" ...
  std::string file;                       // kBackup: what was written; kRestore: where the previous catalogue is
  std::optional<ScanProgress> progress;   // of a running scan
  std::string step;                       // of other running jobs that take long; empty: not known
  int64_t submitted = 0;                  // seconds since 1970, as those below
  int64_t started = 0;                    // 0: not yet
  int64_t ended = 0;                      // 0: not yet
};

// It is neither queued nor running.
bool HasEnded(const Job& job);

// A job changed its state. (Its progress and its step are not announced.)
using JobHandler = std::function<void(const Job&)>;

// Thread-safe. The library must outlive it.
class JobService {
 public:
  // How many ended jobs are kept.
  static constexpr std::size_t kKeptJobs = 200;

  // `file` keeps the jobs. Those that were running when the process ended start again; they go on where they were, as
  // scans do.
  JobService(Library& library, std::filesystem::path file);
  // Stops the running job, which stays in the list, and is continued by the next service.
  ~JobService();
  JobService(const JobService&) = delete;
  JobService& operator=(const JobService&) = delete;

  // Starts to work. `on_change` is called from the thread of the jobs and from those of Submit() and Cancel(), while no
  // lock is held.
  void Start(JobHandler on_change);

  // Stops the running job, as the destructor does. Afterwards `on_change` is not called any more.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

  // Receives the events of all scans from now on.
  std::shared_ptr<EventQueue> Subscribe() { return scans_.Subscribe(); }

  // Adds a job at the end of the queue. kInvalidArgument for a request that cannot succeed (an unreadable query, a
  // switch without a pack, a restore of a file that is no backup here); kNotFound when there is no such backup;
  // kResourceExhausted when 100 jobs wait.
  StatusOr<Job> Submit(const JobRequest& request) ABSL_LOCKS_EXCLUDED(mutex_);
  // The newest first.
  std::vector<Job> List() const ABSL_LOCKS_EXCLUDED(mutex_);
  // kNotFound
  StatusOr<Job> Get(int64_t id) const ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends a job that waits, or asks the running one to stop: it becomes kCancelled when it has stopped. kNotFound;
  // kFailedPrecondition when it has ended.
  StatusOr<Job> Cancel(int64_t id) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Outcome;

  void Work();
  // The next job, marked as running; nullopt when the service ends.
  std::optional<Job> Next() ABSL_LOCKS_EXCLUDED(mutex_);
  StatusOr<Outcome> Run(const Job& job, const std::stop_token& stop);
  // Scans, and passes on what the scan reports.
  StatusOr<Outcome> Scan(const Job& job, const ScanRequest& request, const std::stop_token& stop);
  StatusOr<Outcome> Switch(const Job& job, const std::stop_token& stop) ABSL_LOCKS_EXCLUDED(mutex_);
  StatusOr<Outcome> QuantiseModels(const Job& job, const std::stop_token& stop);
  void SetStep(int64_t id, std::string step) ABSL_LOCKS_EXCLUDED(mutex_);
  void SetProgress(int64_t id, const ScanProgress& progress) ABSL_LOCKS_EXCLUDED(mutex_);
  void End(int64_t id, const StatusOr<Outcome>& outcome) ABSL_LOCKS_EXCLUDED(mutex_);
  Job* Find(int64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Save() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Announce(const Job& job) const;

  Library& library_;
  const std::filesystem::path file_;
  ScanService scans_;
  JobHandler on_change_;
  mutable Mutex mutex_;
  std::vector<Job> jobs_ ABSL_GUARDED_BY(mutex_);  // by id
  int64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  int64_t running_ ABSL_GUARDED_BY(mutex_) = 0;        // the id of the running job; 0: none
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;     // the running job
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;        // the service
  std::stop_source job_stop_ ABSL_GUARDED_BY(mutex_);  // of the running job
  std::jthread thread_;
};

}  // namespace calotype
