#include "pipeline/scan_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/bounded_queue.h"
#include "base/file.h"
#include "base/file_lock.h"
#include "base/log.h"
#include "base/memory_budget.h"
#include "base/mutex.h"
#include "pipeline/in_flight.h"
#include "pipeline/process_photo.h"
#include "pipeline/progress_file.h"
#include "pipeline/scanner.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// Decoded photos are large (12 MB at 2048 pixels): a few keep the analysts busy.
constexpr std::size_t kDecodedAhead = 2;
constexpr int kClaimBatch = 32;
// Findings wait for company at most this long before they are written.
constexpr std::size_t kStoreBatch = 32;
constexpr std::chrono::milliseconds kTick{50};
constexpr std::chrono::milliseconds kLockRetry{500};
constexpr std::chrono::milliseconds kRest{200};

struct DecodedJob {
  PendingPhoto photo;
  std::vector<std::string> analyses;
  LoadedPhoto loaded;
};

struct FinishedJob {
  PhotoResult result;
  std::string path;
};

std::vector<AnalysisVersion> VersionsOf(const PhotoAnalysis& analysis, const PlaceIndex* places) {
  std::vector<AnalysisVersion> versions = analysis.Versions();
  versions.push_back({.analysis = std::string(kFactsAnalysis), .version = FactsVersion(places)});
  return versions;
}

// Everything that the threads of one scan share.
class ScanJob {
 public:
  ScanJob(const ScanOptions& options, const PhotoAnalysis& analysis, const ScanHandlers& handlers, std::stop_token stop)
      : options_(options),
        analysis_(analysis),
        handlers_(handlers),
        versions_(VersionsOf(analysis, options.places.get())),
        stop_(std::move(stop)),
        memory_(options.memory),
        tools_{.reader = *options.reader,
               .analysis = analysis,
               .places = options.places.get(),
               .limits = options.limits,
               .memory = &memory_} {}

  StatusOr<ScanReport> Run();

 private:
  StatusOr<FileLock> TakeLock();
  Status CheckRoots() const;
  // Decoding is a tenth of the work of looking.
  int Decoders() const { return std::max(1, options_.workers / 4); }
  Status Prepare();
  void RunThreads();
  void ScanFolders();
  void Dispatch();
  bool Rests();
  void Decode();
  bool IsAway(const std::vector<std::string>& paths);
  static StatusOr<OpenPhoto> OpenFirst(const std::vector<std::string>& paths);
  void ReadFacts(const PendingPhoto& photo);
  void AnalyseAll();
  void Write();
  Status Book(std::vector<FinishedJob>& jobs);
  void ReportFailures(const FinishedJob& job);
  void ReportFailure(std::string_view path, std::string_view analysis, std::string_view reason);
  void Fail(const Status& status);
  bool Stopping() const { return stop_.stop_requested() || failed_.load() || superseded_.load(); }
  ScanProgress Progress() const;
  ScanReport Report() const;

  const ScanOptions& options_;
  const PhotoAnalysis& analysis_;
  const ScanHandlers& handlers_;
  const std::vector<AnalysisVersion> versions_;
  const std::stop_token stop_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();

  // The scanner books while the writer stores: a connection each.
  std::unique_ptr<Catalog> scan_catalog_;
  std::unique_ptr<Catalog> work_catalog_;
  std::unique_ptr<InFlight> in_flight_;  // may be null
  std::vector<fs::path> roots_;          // of this scan and of those before it

  MemoryBudget memory_;
  const PhotoTools tools_;
  BoundedQueue<PendingPhoto> to_decode_{kClaimBatch};
  BoundedQueue<DecodedJob> to_analyse_{kDecodedAhead};
  BoundedQueue<FinishedJob> to_write_{kStoreBatch};

  ScannerCounts counts_;
  std::atomic<bool> walking_{true};
  std::atomic<bool> finished_{false};
  std::atomic<bool> failed_{false};
  std::atomic<bool> superseded_{false};  // other models were chosen meanwhile
  std::atomic<int64_t> claimed_{0};
  std::atomic<int64_t> photos_done_{0};
  std::atomic<int64_t> photos_failed_{0};
  bool switching_ = false;
  int64_t forgotten_ = 0;

  mutable Mutex mutex_;
  Status first_error_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> devices_ ABSL_GUARDED_BY(mutex_);
  std::string resting_ ABSL_GUARDED_BY(mutex_);
  std::set<fs::path> away_ ABSL_GUARDED_BY(mutex_);  // roots that went away, each told of once
};

StatusOr<FileLock> ScanJob::TakeLock() {
  const auto take = [file = ScanLockFile(options_.catalog_file)] {
    return FileLock::Take(file, "scan of this catalogue");
  };
  StatusOr<FileLock> lock = take();
  if (lock.ok() || !options_.wait) {
    return lock;
  }
  if (handlers_.on_wait) {
    handlers_.on_wait(Message(lock.status()));
  }
  CALOTYPE_RETURN_IF_ERROR(CheckRoots());
  ScanFolders();
  handlers_.on_progress(Progress());
  while (!lock.ok() && !Stopping()) {
    std::this_thread::sleep_for(kLockRetry);
    lock = take();
  }
  return lock;
}

Status ScanJob::CheckRoots() const {
  std::error_code error;
  for (const fs::path& root : options_.roots) {
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t known, scan_catalog_->CountFilesUnder(root.string()));
    // A known one is told of by the scanner: its disk may not be mounted.
    if (known == 0 && !fs::exists(root, error)) {
      return absl::NotFoundError(fmt::format("{} does not exist", root.string()));
    }
  }
  return absl::OkStatus();
}

Status ScanJob::Prepare() {
  CALOTYPE_RETURN_IF_ERROR(CheckRoots());
  // The lock is ours: what is marked as running belonged to a process that died.
  StatusOr<std::unique_ptr<InFlight>> in_flight =
      InFlight::Open(options_.catalog_file.string() + ".inflight",
                     static_cast<std::size_t>(options_.workers) + static_cast<std::size_t>(Decoders()));
  if (in_flight.ok()) {
    in_flight_ = *std::move(in_flight);
    CALOTYPE_RETURN_IF_ERROR(work_catalog_->ResetRunning(in_flight_->casualties()));
  } else {
    LogWarning("a photo that makes the program crash will not be known for it: {}", Message(in_flight.status()));
    CALOTYPE_RETURN_IF_ERROR(work_catalog_->ResetRunning({}));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> known_roots, work_catalog_->Roots());
  roots_ = options_.roots;
  roots_.insert(roots_.end(), known_roots.begin(), known_roots.end());
  CALOTYPE_RETURN_IF_ERROR(work_catalog_->RetryFailed({.due = true}).status());
  CALOTYPE_RETURN_IF_ERROR(work_catalog_->WantModels(options_.models));
  return work_catalog_->RequireAnalyses(versions_);
}

StatusOr<ScanReport> ScanJob::Run() {
  CALOTYPE_ASSIGN_OR_RETURN(scan_catalog_, Catalog::Open(options_.catalog_file));
  CALOTYPE_ASSIGN_OR_RETURN(work_catalog_, Catalog::Open(options_.catalog_file));
  StatusOr<FileLock> lock = TakeLock();
  if (!lock.ok() && options_.wait && stop_.stop_requested()) {
    return Report();
  }
  CALOTYPE_RETURN_IF_ERROR(lock.status());
  CALOTYPE_RETURN_IF_ERROR(Prepare());
  ProgressFile progress_file(ProgressFilePath(options_.catalog_file));
  std::jthread work([this] { RunThreads(); });
  while (!finished_) {
    handlers_.on_progress(Progress());
    progress_file.Update(Progress());
    std::this_thread::sleep_for(kTick);
  }
  work.join();
  handlers_.on_progress(Progress());
  progress_file.End(Progress());
  {
    const MutexLock guard(&mutex_);
    CALOTYPE_RETURN_IF_ERROR(first_error_);
  }
  // Claimed but not begun when the stop came.
  CALOTYPE_RETURN_IF_ERROR(work_catalog_->ResetRunning({}));
  if (options_.forget_before > 0) {
    CALOTYPE_ASSIGN_OR_RETURN(forgotten_, work_catalog_->ForgetMissing(options_.forget_before));
  }
  // Whoever chose other models meanwhile shows theirs.
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<ModelSet> wanted, work_catalog_->WantedModels());
  if (wanted == options_.models) {
    CALOTYPE_RETURN_IF_ERROR(work_catalog_->CompleteSwitch().status());
  }
  CALOTYPE_ASSIGN_OR_RETURN(const LibraryModels models, work_catalog_->Models());
  switching_ = models.wanted != models.shown;
  return Report();
}

// Starts the stages from the last to the first, and ends them from the first to the last: closing a queue ends the
// stage behind it.
void ScanJob::RunThreads() {
  std::jthread writer([this] { Write(); });
  std::vector<std::jthread> analysts;
  for (int i = 0; i < options_.workers; ++i) {
    analysts.emplace_back([this] { AnalyseAll(); });
  }
  std::vector<std::jthread> decoding;
  for (int i = 0; i < Decoders(); ++i) {
    decoding.emplace_back([this] { Decode(); });
  }
  std::jthread scanner([this] {
    if (walking_) {  // Else it was done while another scan ran.
      ScanFolders();
    }
  });
  Dispatch();
  scanner.join();
  to_decode_.Close();
  decoding.clear();
  to_analyse_.Close();
  analysts.clear();
  to_write_.Close();
  writer.join();
  finished_ = true;
}

void ScanJob::ScanFolders() {
  Scanner scanner(*scan_catalog_, *options_.reader, options_.scanner, counts_,
                  [this](std::string_view path, std::string_view reason) { ReportFailure(path, "read", reason); });
  const auto scan = [&](const fs::path& folder, const fs::path& root) {
    if (Stopping()) {
      return;
    }
    if (const Status status = scanner.ScanPart(folder, root, stop_); !status.ok()) {
      Fail(status);
    }
  };
  for (const fs::path& root : options_.roots) {
    if (options_.parts.empty()) {
      scan(root, root);
    }
    for (const fs::path& part : options_.parts) {
      if (IsAtOrBelow(part, root)) {
        scan(part, root);
      }
    }
  }
  walking_ = false;
}

void ScanJob::Dispatch() {
  std::vector<std::string> names;
  for (const AnalysisVersion& version : versions_) {
    names.push_back(version.analysis);
  }
  while (!Stopping()) {
    const StatusOr<std::optional<ModelSet>> wanted = work_catalog_->WantedModels();
    if (!wanted.ok()) {
      return Fail(wanted.status());
    }
    superseded_ = *wanted != options_.models;
    if (Rests()) {
      std::this_thread::sleep_for(kRest);
      continue;
    }
    // Read before claiming: what the scanner books between a claim and its end must not be missed.
    const bool last_round = !walking_;
    StatusOr<std::vector<PendingPhoto>> claimed = work_catalog_->ClaimPending(names, kClaimBatch);
    if (!claimed.ok()) {
      return Fail(claimed.status());
    }
    if (claimed->empty() && last_round) {
      return;
    }
    if (claimed->empty()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    claimed_ += static_cast<int64_t>(claimed->size());
    for (PendingPhoto& photo : *claimed) {
      if (Stopping()) {
        return;
      }
      to_decode_.Push(std::move(photo));
    }
  }
}

// Asked for before each claim, so a rest begins within some photos.
bool ScanJob::Rests() {
  const StatusOr<bool> paused = work_catalog_->Paused();
  std::string reason = paused.ok() && *paused ? "paused (calotype resume goes on)" : ReasonToRest(options_.throttle);
  const bool rests = !reason.empty();
  const MutexLock lock(&mutex_);
  resting_ = std::move(reason);
  return rests;
}

// True when the folders in which the photo lay are gone as a whole: a disk that was unmounted in the middle of the
// scan.
bool ScanJob::IsAway(const std::vector<std::string>& paths) {
  std::error_code error;
  for (const std::string& path : paths) {
    const auto root = std::ranges::find_if(roots_, [&](const fs::path& one) { return IsAtOrBelow(path, one); });
    // The folder that a disk is mounted on stays, empty.
    if (root == roots_.end() || (fs::exists(*root, error) && !fs::is_empty(*root, error))) {
      return false;
    }
    const MutexLock lock(&mutex_);
    if (away_.insert(*root).second) {
      ++counts_.problems;
      handlers_.on_failure(root->string(), "read",
                           "it went away in the middle of the scan; its photos wait for the next one");
    }
  }
  return true;
}

// A photo may lie at several paths; one that can be opened is enough.
StatusOr<OpenPhoto> ScanJob::OpenFirst(const std::vector<std::string>& paths) {
  Status status = absl::NotFoundError("no file holds this photo any more");
  for (const std::string& path : paths) {
    StatusOr<UniqueFd> file = OpenForReading(path);
    if (file.ok()) {
      return OpenPhoto{.file = *std::move(file), .sidecars = OpenSidecars(paths)};
    }
    status = file.status();
  }
  return status;
}

void ScanJob::Decode() {
  while (std::optional<PendingPhoto> photo = to_decode_.Pop()) {
    if (Stopping()) {
      continue;  // Stays marked as running; put back when the scan ends.
    }
    if (photo->analyses.size() == 1 && photo->analyses.front() == kFactsAnalysis) {
      ReadFacts(*photo);
      continue;
    }
    std::vector<std::string> analyses = analysis_.Closure(photo->analyses);
    const InFlight::Note note(in_flight_.get(), photo->id);
    StatusOr<LoadedPhoto> loaded = absl::UnknownError("not opened");
    if (const StatusOr<OpenPhoto> file = OpenFirst(photo->paths); file.ok()) {
      loaded = LoadPhoto(*file, tools_);
    } else {
      loaded = file.status();
    }
    if (!loaded.ok() && IsAway(photo->paths)) {
      continue;  // The same: it is no fault of the photo, and nothing is lost.
    }
    if (!loaded.ok()) {
      PhotoResult result{.id = photo->id};
      analysis_.BookUndecodable(loaded.status(), analyses, result);
      AnalysisOutcome& facts = result.outcomes.emplace_back(FactsOutcome(tools_.places));
      facts.state = AnalysisState::kSkipped;
      facts.reason = result.outcomes.front().reason;
      to_write_.Push({.result = std::move(result), .path = photo->paths.front()});
      continue;
    }
    loaded->result.id = photo->id;
    to_analyse_.Push({.photo = *std::move(photo), .analyses = std::move(analyses), .loaded = *std::move(loaded)});
  }
}

// Only what is said of the photo changed: it is not decoded.
void ScanJob::ReadFacts(const PendingPhoto& photo) {
  PhotoResult result{.id = photo.id};
  const auto start = std::chrono::steady_clock::now();
  const InFlight::Note note(in_flight_.get(), photo.id);
  StatusOr<PhotoFacts> facts = absl::UnknownError("not opened");
  if (const StatusOr<OpenPhoto> file = OpenFirst(photo.paths); file.ok()) {
    facts = LoadFacts(*file, tools_);
  } else {
    facts = file.status();
  }
  const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
  AnalysisOutcome& outcome = result.outcomes.emplace_back(FactsOutcome(tools_.places));
  outcome.milliseconds = elapsed.count();
  if (facts.ok()) {
    result.facts = *std::move(facts);
  } else {
    outcome.state = AnalysisState::kFailed;
    outcome.reason = Message(facts.status());
    outcome.retryable = absl::IsNotFound(facts.status()) || absl::IsPermissionDenied(facts.status());
  }
  to_write_.Push({.result = std::move(result), .path = photo.paths.front()});
}

void ScanJob::AnalyseAll() {
  while (std::optional<DecodedJob> job = to_analyse_.Pop()) {
    PhotoResult result;
    {
      const InFlight::Note note(in_flight_.get(), job->photo.id);
      result = AnalysePhoto(std::move(job->loaded), job->analyses, tools_);
    }
    to_write_.Push({.result = std::move(result), .path = job->photo.paths.front()});
  }
}

void ScanJob::Write() {
  while (std::optional<FinishedJob> job = to_write_.Pop()) {
    std::vector<FinishedJob> batch;
    batch.push_back(*std::move(job));
    while (batch.size() < kStoreBatch) {
      std::optional<FinishedJob> next = to_write_.TryPop();
      if (!next.has_value()) {
        break;
      }
      batch.push_back(*std::move(next));
    }
    if (const Status status = Book(batch); !status.ok()) {
      Fail(status);
    }
  }
}

Status ScanJob::Book(std::vector<FinishedJob>& jobs) {
  std::vector<PhotoResult> results;
  for (FinishedJob& job : jobs) {
    results.push_back(std::move(job.result));
  }
  CALOTYPE_RETURN_IF_ERROR(work_catalog_->Store(results));
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    jobs[i].result = std::move(results[i]);
    ReportFailures(jobs[i]);
  }
  return absl::OkStatus();
}

void ScanJob::ReportFailures(const FinishedJob& job) {
  bool failed = false;
  for (const AnalysisOutcome& outcome : job.result.outcomes) {
    if (outcome.state == AnalysisState::kFailed) {
      failed = true;
      ReportFailure(job.path, outcome.analysis, outcome.reason);
    } else if (outcome.state == AnalysisState::kDone) {
      const MutexLock lock(&mutex_);
      devices_[outcome.analysis] = outcome.device;
    }
  }
  ++(failed ? photos_failed_ : photos_done_);
}

void ScanJob::ReportFailure(std::string_view path, std::string_view analysis, std::string_view reason) {
  const MutexLock lock(&mutex_);
  handlers_.on_failure(path, analysis, reason);
}

// The first error of the catalogue ends the scan; what is not stored stays pending.
void ScanJob::Fail(const Status& status) {
  const MutexLock lock(&mutex_);
  first_error_.Update(status);
  failed_ = true;
}

ScanProgress ScanJob::Progress() const {
  const MutexLock lock(&mutex_);
  return {.walking = walking_,
          .photos = counts_.photos,
          .unchanged = counts_.unchanged,
          .to_do = std::max<int64_t>(claimed_, counts_.photos - counts_.unchanged - counts_.problems),
          .analysed = photos_done_,
          .failed = photos_failed_,
          .resting = resting_};
}

ScanReport ScanJob::Report() const {
  const MutexLock lock(&mutex_);
  return {.photos = counts_.photos,
          .unchanged = counts_.unchanged,
          .missing = counts_.missing,
          .forgotten = forgotten_,
          .analysed = photos_done_,
          .failed = photos_failed_,
          .problems = counts_.problems,
          .stopped = stop_.stop_requested() || superseded_,
          .switching = switching_,
          .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(),
          .devices = devices_};
}

}  // namespace

StatusOr<ScanReport> RunScan(const ScanOptions& options, const PhotoAnalysis& analysis, const ScanHandlers& handlers,
                             const std::stop_token& stop) {
  return ScanJob(options, analysis, handlers, stop).Run();
}

}  // namespace calotype
