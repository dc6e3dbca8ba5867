#include "app/fleet/worker.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "app/open_catalog.h"
#include "app/open_models.h"
#include "base/log.h"
#include "base/stoppable_sleep.h"

namespace calotype {
namespace {

constexpr std::chrono::seconds kReconnect{5};    // after the catalogue could not be reached
constexpr std::chrono::seconds kLookForScan{2};  // before the first scan

StatusOr<bool> WasScanned(const App& app) {
  if (!app.catalog_files().MayExist()) {
    return false;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Catalog> catalog, OpenCatalog(app, /*create=*/false));
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<ModelSet> wanted, catalog->WantedModels());
  return wanted.has_value();
}

// Fails if the pack is not installed or has no such analyses. Loads no model.
Status CheckRequest(const App& app, const WorkerRequest& request) {
  ModelUse use;
  use.none = true;
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Models> models, OpenModels(app, use));
  return OpenAnalysis(*models, request.only).status();
}

}  // namespace

void Worker::Begin(std::shared_ptr<const ScanRunner> runner) {
  const MutexLock lock(&mutex_);
  before_ = figures_;
  runner_ = std::move(runner);
  if (membership_ == nullptr) {
    membership_ = std::make_unique<Membership>(
        library_.app(), MembershipOptions{.role = ProcessRole::kWorker,
                                          .lease = std::chrono::seconds(library_.app().settings().fleet_lease_s),
                                          .may_lead = false,
                                          .figures = [this] { return Figures(); }});
  }
}

void Worker::Count(const ScanProgress& progress) {
  const MutexLock lock(&mutex_);
  figures_.analysed = before_.analysed + progress.analysed;
  figures_.failed = before_.failed + progress.failed;
  figures_.held = std::max<int64_t>(0, progress.to_do - progress.analysed - progress.failed);
  rate_.Add(RateMeter::Clock::now(), figures_.analysed + figures_.failed);
  figures_.per_minute = rate_.PerMinute();
}

void Worker::Note(const StatusOr<bool>& scanned) {
  const MutexLock lock(&mutex_);
  before_scan_ = scanned.ok() && *scanned ? absl::UnavailableError("the worker opens its models") : scanned.status();
}

// A machine may start its worker before the coordinator of another one has created the library.
Status Worker::WaitForScan(const std::stop_token& stop) {
  StatusOr<bool> scanned = WasScanned(library_.app());
  if (!scanned.ok() || *scanned) {
    return scanned.status();
  }
  CALOTYPE_RETURN_IF_ERROR(CheckRequest(library_.app(), request_));
  Note(scanned);
  Log(LogLevel::kNotice,
      "nothing was scanned yet; waiting for the first scan of this library (calotype scan FOLDER or calotype "
      "coordinate FOLDER)");
  if (request_.on_ready) {
    request_.on_ready();
  }
  while ((absl::IsUnavailable(scanned.status()) || (scanned.ok() && !*scanned)) &&
         SleepUnlessStopped(kLookForScan, stop)) {
    scanned = WasScanned(library_.app());
    Note(scanned);
  }
  return stop.stop_requested() ? absl::OkStatus() : scanned.status();
}

StatusOr<ScanReport> Worker::RunOnce(const EventHandler& on_event, const std::stop_token& stop) {
  const EventHandler handle = [&](const Event& event) {
    if (const auto* const progress = std::get_if<ScanProgress>(&event)) {
      Count(*progress);
    }
    on_event(event);
  };
  const ScanRequest request{.only = request_.only, .only_work = true, .abandon = request_.abandon};
  CALOTYPE_ASSIGN_OR_RETURN(std::unique_ptr<ScanRunner> opened, ScanRunner::Open(library_, request, handle, stop));
  const std::shared_ptr<ScanRunner> runner = std::move(opened);
  Begin(runner);
  if (request_.on_ready && !stop.stop_requested()) {
    request_.on_ready();
  }
  StatusOr<ScanReport> report = runner->Run({});
  while (absl::IsUnavailable(report.status()) && !stop.stop_requested()) {
    LogWarning("{}; trying again every {} s", Message(report.status()), kReconnect.count());
    if (SleepUnlessStopped(kReconnect, stop)) {
      Begin(runner);
      report = runner->Run({});
    }
  }
  return report;
}

StatusOr<ScanReport> Worker::Run(const EventHandler& on_event, const std::stop_token& stop) {
  const RateMeter::Clock::time_point start = RateMeter::Clock::now();
  CALOTYPE_RETURN_IF_ERROR(WaitForScan(stop));
  StatusOr<ScanReport> report = ScanReport();
  while (report.ok() && !stop.stop_requested()) {
    report = RunOnce(on_event, stop);  // ends when other models are chosen
  }
  std::unique_ptr<Membership> ended;  // destroyed without the lock, which its thread takes
  std::shared_ptr<const ScanRunner> closed;
  {
    const MutexLock lock(&mutex_);
    ended.swap(membership_);
    closed.swap(runner_);
  }
  ended.reset();
  if (!report.ok() && !(absl::IsUnavailable(report.status()) && stop.stop_requested())) {
    return report;
  }
  const ProcessFigures figures = Figures();
  return ScanReport{.analysed = figures.analysed,
                    .failed = figures.failed,
                    .stopped = true,
                    .seconds = std::chrono::duration<double>(RateMeter::Clock::now() - start).count()};
}

ProcessFigures Worker::Figures() const {
  std::shared_ptr<const ScanRunner> runner;
  ProcessFigures figures;
  {
    const MutexLock lock(&mutex_);
    figures = figures_;
    runner = runner_;
  }
  if (runner != nullptr) {
    figures.devices = runner->Devices();
  }
  return figures;
}

Status Worker::Reachable() const {
  const MutexLock lock(&mutex_);
  return membership_ == nullptr ? before_scan_ : membership_->reachable();
}

}  // namespace calotype
