#include "pipeline/stages/scan_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/file_lock.h"
#include "base/log.h"
#include "catalog/catalog.h"
#include "catalog/catalog_files.h"
#include "pipeline/in_flight.h"
#include "pipeline/lease_keeper.h"
#include "pipeline/process_photo.h"
#include "pipeline/progress_file.h"
#include "pipeline/scan_state.h"
#include "pipeline/stages/analyse_stage.h"
#include "pipeline/stages/claim_stage.h"
#include "pipeline/stages/decode_stage.h"
#include "pipeline/stages/items.h"
#include "pipeline/stages/lost_roots.h"
#include "pipeline/stages/rest_watch.h"
#include "pipeline/stages/walk_stage.h"
#include "pipeline/stages/write_stage.h"
#include "storage/photo_storage.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kClaimedAhead = 32;
// Decoded photos are large (12 MB at 2000 pixels); two are enough to keep the analyse stage busy.
constexpr std::size_t kDecodedAhead = 2;
constexpr std::size_t kFinishedAhead = 32;
constexpr std::chrono::milliseconds kTick{50};
constexpr std::chrono::milliseconds kLockRetry{500};

std::vector<AnalysisVersion> VersionsOf(const PhotoAnalysis& analysis, const PlaceIndex* places) {
  std::vector<AnalysisVersion> versions = analysis.Versions();
  versions.push_back({.analysis = std::string(kFactsAnalysis), .version = FactsVersion(places)});
  return versions;
}

class ScanJob {
 public:
  ScanJob(const ScanOptions& options, const PhotoAnalysis& analysis, const ScanSubscriber& subscriber,
          const std::stop_token& stop)
      : options_(options),
        subscriber_(subscriber),
        versions_(VersionsOf(analysis, options.places.get())),
        state_(stop),
        memory_(options.memory),
        tools_{.reader = *options.reader,
               .analysis = analysis,
               .places = options.places.get(),
               .limits = options.limits,
               .memory = &memory_,
               .stop = stop} {}

  ScanJob(const ScanJob&) = delete;
  ScanJob& operator=(const ScanJob&) = delete;
  ~ScanJob() {
    if (source_ != nullptr && !source_->Close().ok() && in_flight_ != nullptr) {
      in_flight_->Keep();
    }
  }

  StatusOr<ScanReport> Run();

 private:
  StatusOr<FileLock> TakeLock();
  Status CheckRoots() const;
  void Walk() { WalkStage(*scan_catalog_, options_, state_).Run(); }
  // Decoding takes a tenth of the time of all analyses. Where it takes more, the workers decode, too (AnalyseStage).
  int Decoders() const { return std::max(1, options_.workers / 4); }
  Status Prepare();
  Status Require();
  Status OpenSource();
  Status CheckModels();
  StatusOr<ScanReport> RunWork();
  StatusOr<ScanReport> RunWalk();
  Status Decide();
  void AbandonWhenLate(std::optional<std::chrono::steady_clock::time_point>& stopped_at);
  void RunStages();
  void Pump(const std::atomic<bool>& finished, ProgressFile* progress_file);
  Status Finish();
  std::vector<std::string> AnalysisNames() const;
  ScanReport Report() const;

  const ScanOptions& options_;
  const ScanSubscriber& subscriber_;
  const std::vector<AnalysisVersion> versions_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();

  // The walk adds files while the write stage stores results: a connection for each.
  std::optional<CatalogFiles> files_;
  std::unique_ptr<Catalog> scan_catalog_;
  std::unique_ptr<Catalog> work_catalog_;
  std::unique_ptr<WorkSource> source_;   // of work_catalog_
  std::unique_ptr<InFlight> in_flight_;  // may be null
  std::vector<fs::path> roots_;          // of this scan and of earlier ones

  ScanState state_;
  MemoryBudget memory_;
  const PhotoTools tools_;
  bool switching_ = false;
  int64_t forgotten_ = 0;
};

// Passes events on until the stages, which run on other threads, have finished.
void ScanJob::Pump(const std::atomic<bool>& finished, ProgressFile* progress_file) {
  std::optional<std::chrono::steady_clock::time_point> stopped_at;
  for (bool last = false; !last;) {
    last = finished;  // read first: what is reported before it becomes true is delivered
    state_.Deliver(subscriber_);
    if (progress_file != nullptr || options_.only_work || options_.only_walk) {
      subscriber_(state_.Progress());
    }
    if (progress_file != nullptr) {
      progress_file->Update(state_.Progress());
    }
    if (options_.only_work) {
      AbandonWhenLate(stopped_at);
    }
    if (!last) {
      std::this_thread::sleep_for(kTick);
    }
  }
}

// `stopped_at` is when the stop was first seen.
void ScanJob::AbandonWhenLate(std::optional<std::chrono::steady_clock::time_point>& stopped_at) {
  if (!state_.stop_token().stop_requested() || !options_.abandon) {
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  stopped_at = stopped_at.value_or(now);
  if (now - *stopped_at >= options_.drain) {
    if (const Status closed = source_->Close(); !closed.ok()) {
      LogWarning("{}", Message(closed));
    }
    options_.abandon();
  }
}

StatusOr<FileLock> ScanJob::TakeLock() {
  const auto take = [file = files_->scan_lock()] { return FileLock::Take(file, "scan of this catalogue"); };
  StatusOr<FileLock> lock = take();
  if (lock.ok() || !options_.wait) {
    return lock;
  }
  subscriber_(ScanWaiting{.reason = Message(lock.status())});
  CALOTYPE_RETURN_IF_ERROR(CheckRoots());
  {
    std::atomic<bool> finished = false;
    const std::jthread walk([&] {
      Walk();
      finished = true;
    });
    Pump(finished, nullptr);
  }
  subscriber_(state_.Progress());
  while (!lock.ok() && !state_.Stopping()) {
    std::this_thread::sleep_for(kLockRetry);
    lock = take();
  }
  return lock;
}

Status ScanJob::CheckRoots() const {
  for (const fs::path& root : options_.roots) {
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t known, scan_catalog_->CountFilesUnder(root.string()));
    // A known root may be on a disk that is not mounted; the walk reports it.
    if (known == 0) {
      CALOTYPE_ASSIGN_OR_RETURN(const bool exists, StoredFolderExists(root.string()));
      if (!exists) {
        return absl::NotFoundError(fmt::format("{} does not exist", root.string()));
      }
    }
  }
  return absl::OkStatus();
}

Status ScanJob::Prepare() {
  CALOTYPE_RETURN_IF_ERROR(CheckRoots());
  CALOTYPE_RETURN_IF_ERROR(OpenSource());
  return Require();
}

// Books what the photos need.
Status ScanJob::Require() {
  CALOTYPE_RETURN_IF_ERROR(work_catalog_->RetryFailed({.due = true}).status());
  CALOTYPE_RETURN_IF_ERROR(work_catalog_->WantModels(options_.models));
  return work_catalog_->RequireAnalyses(versions_);
}

Status ScanJob::OpenSource() {
  CALOTYPE_ASSIGN_OR_RETURN(source_, work_catalog_->OpenWork(NewWorkOwner(), [files = *files_](const WorkOwner& dead) {
    return TakeCasualties(files.in_flight(dead));
  }));
  StatusOr<std::unique_ptr<InFlight>> in_flight =
      InFlight::Create(files_->in_flight(source_->owner()),
                       static_cast<std::size_t>(options_.workers) + static_cast<std::size_t>(Decoders()));
  if (in_flight.ok()) {
    in_flight_ = *std::move(in_flight);
  } else {
    LogWarning("{}; so if a photo crashes the program, the next scan cannot tell which photo it was",
               Message(in_flight.status()));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> known_roots, work_catalog_->Roots());
  roots_ = options_.roots;
  roots_.insert(roots_.end(), known_roots.begin(), known_roots.end());
  return absl::OkStatus();
}

// Findings of other models would be stored beside those that the library shows, and never shown. Which models the
// library wants is decided where somebody chooses others, not by the processes that serve it.
Status ScanJob::CheckModels() {
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<ModelSet> wanted, work_catalog_->WantedModels());
  if (!wanted.has_value() && options_.only_work) {
    return absl::FailedPreconditionError("nothing was scanned yet; run: calotype scan FOLDER");
  }
  if (wanted.has_value() && wanted != options_.models) {
    const auto name = [](const ModelSet& models) {
      return models.choices.empty() ? models.pack : fmt::format("{} ({})", models.pack, models.choices);
    };
    return absl::FailedPreconditionError(
        fmt::format("the library is analysed with the pack {}, this process has {}; install that pack here, and leave "
                    "models.pack and models.choice unset",
                    name(*wanted), name(options_.models)));
  }
  return absl::OkStatus();
}

StatusOr<ScanReport> ScanJob::RunWork() {
  CALOTYPE_RETURN_IF_ERROR(CheckModels());
  CALOTYPE_RETURN_IF_ERROR(OpenSource());
  state_.EndWalk();
  {
    std::atomic<bool> finished = false;
    const std::jthread stages([&] {
      RunStages();
      finished = true;
    });
    Pump(finished, nullptr);
  }
  CALOTYPE_RETURN_IF_ERROR(state_.error());
  CALOTYPE_RETURN_IF_ERROR(source_->Close());
  return Report();
}

StatusOr<ScanReport> ScanJob::RunWalk() {
  if (options_.leads_as.has_value()) {
    CALOTYPE_RETURN_IF_ERROR(scan_catalog_->WriteOnlyAsLeader(*options_.leads_as));
    CALOTYPE_RETURN_IF_ERROR(work_catalog_->WriteOnlyAsLeader(*options_.leads_as));
  }
  CALOTYPE_RETURN_IF_ERROR(CheckModels());
  CALOTYPE_RETURN_IF_ERROR(CheckRoots());
  CALOTYPE_RETURN_IF_ERROR(Require());
  {
    std::atomic<bool> finished = false;
    const std::jthread walk([&] {
      Walk();
      finished = true;
    });
    Pump(finished, nullptr);
  }
  CALOTYPE_RETURN_IF_ERROR(state_.error());
  CALOTYPE_RETURN_IF_ERROR(Decide());
  return Report();
}

StatusOr<ScanReport> ScanJob::Run() {
  CALOTYPE_ASSIGN_OR_RETURN(files_, CatalogFiles::Of(options_.catalog_file));
  CALOTYPE_ASSIGN_OR_RETURN(scan_catalog_, Catalog::Open(options_.catalog_file));
  CALOTYPE_ASSIGN_OR_RETURN(work_catalog_, Catalog::Open(options_.catalog_file));
  if (options_.only_work) {
    return RunWork();
  }
  if (options_.only_walk) {
    return RunWalk();
  }
  StatusOr<FileLock> lock = TakeLock();
  if (!lock.ok() && options_.wait && state_.stop_token().stop_requested()) {
    return Report();
  }
  CALOTYPE_RETURN_IF_ERROR(lock.status());
  CALOTYPE_RETURN_IF_ERROR(Prepare());
  ProgressFile progress_file(files_->progress());
  {
    std::atomic<bool> finished = false;
    const std::jthread stages([&] {
      RunStages();
      finished = true;
    });
    Pump(finished, &progress_file);
  }
  progress_file.End(state_.Progress());
  CALOTYPE_RETURN_IF_ERROR(state_.error());
  CALOTYPE_RETURN_IF_ERROR(Finish());
  return Report();
}

// Starts the stages from the last to the first, and ends them from the first to the last: closing a queue ends the
// stage behind it.
void ScanJob::RunStages() {
  ClaimedQueue claimed(kClaimedAhead);
  LoadedQueue loaded(kDecodedAhead);
  FinishedQueue finished(kFinishedAhead);
  LostRoots lost_roots(roots_, state_);
  const LeaseKeeper keeper(*source_);
  const RestWatch rest(*work_catalog_, options_.throttle, state_);
  WriteStage write(*source_, state_, finished);
  DecodeStage decode({.tools = tools_,
                      .source = *source_,
                      .in_flight = in_flight_.get(),
                      .lost_roots = lost_roots,
                      .state = state_,
                      .input = claimed,
                      .to_analyse = loaded,
                      .to_write = finished});
  // With a memory limit, a thread that decodes waits for memory that decoded photos hold; somebody must analyse those.
  DecodeStage* const decode_too = options_.memory.limit == 0 ? &decode : nullptr;
  AnalyseStage analyse(tools_, in_flight_.get(), state_, decode_too, loaded, finished);
  std::jthread writer([&] { write.Run(); });
  std::vector<std::jthread> analysts;
  for (int i = 0; i < options_.workers; ++i) {
    analysts.emplace_back([&] { analyse.Run(); });
  }
  std::vector<std::jthread> decoders;
  for (int i = 0; i < Decoders(); ++i) {
    decoders.emplace_back([&] { decode.Run(); });
  }
  std::jthread walker([&] {
    if (state_.walking()) {  // else the walk was done while another scan ran
      Walk();
    }
  });
  ClaimStage({.source = *source_, .models = *work_catalog_, .options = options_, .state = state_, .output = claimed},
             AnalysisNames())
      .Run();
  walker.join();
  claimed.Close();
  decoders.clear();
  loaded.Close();
  analysts.clear();
  finished.Close();
  writer.join();
}

Status ScanJob::Finish() {
  // Photos that were claimed but not started become pending again.
  CALOTYPE_RETURN_IF_ERROR(source_->Close());
  return Decide();
}

// What a scan decides for the library at its end.
Status ScanJob::Decide() {
  if (options_.forget_before > 0) {
    CALOTYPE_ASSIGN_OR_RETURN(forgotten_, work_catalog_->DeleteMissing(options_.forget_before));
  }
  // When other models were chosen meanwhile, their scan shows them.
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<ModelSet> wanted, work_catalog_->WantedModels());
  if (wanted == options_.models) {
    CALOTYPE_RETURN_IF_ERROR(work_catalog_->CompleteSwitch().status());
  }
  CALOTYPE_ASSIGN_OR_RETURN(const LibraryModels models, work_catalog_->Models());
  switching_ = models.wanted != models.shown;
  return absl::OkStatus();
}

std::vector<std::string> ScanJob::AnalysisNames() const {
  std::vector<std::string> names;
  for (const AnalysisVersion& version : versions_) {
    names.push_back(version.analysis);
  }
  return names;
}

ScanReport ScanJob::Report() const {
  const ScanProgress progress = state_.Progress();
  return {.photos = progress.photos,
          .unchanged = progress.unchanged,
          .missing = state_.counts().missing,
          .forgotten = forgotten_,
          .analysed = progress.analysed,
          .failed = progress.failed,
          .problems = state_.counts().problems,
          .skipped_pdfs = state_.counts().skipped_pdfs,
          .skipped_videos = state_.counts().skipped_videos,
          .stopped = state_.stopped(),
          .switching = switching_,
          .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(),
          .devices = state_.devices()};
}

}  // namespace

StatusOr<ScanReport> RunScan(const ScanOptions& options, const PhotoAnalysis& analysis,
                             const ScanSubscriber& subscriber, const std::stop_token& stop) {
  return ScanJob(options, analysis, subscriber, stop).Run();
}

}  // namespace calotype
