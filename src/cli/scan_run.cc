#include "cli/scan_run.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <memory>
#include <variant>

#include "app/load_places.h"
#include "app/open_catalog.h"
#include "app/open_models.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/units.h"
#include "cli/device_progress.h"
#include "cli/interrupt.h"
#include "cli/progress_bar.h"
#include "cli/terminal.h"
#include "pipeline/folder_watcher.h"
#include "pipeline/process_photo.h"
#include "search/people.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSecondsPerDay = 86'400;
// While it watches: how often failures are looked for that are to be tried again.
constexpr std::chrono::seconds kRetryCheck{60};

Status SortPeople(App& app, const Models& models) {
  const StatusOr<float> threshold = models.FaceMatchThreshold();
  if (!threshold.ok()) {
    return absl::OkStatus();  // A pack without faces has no people.
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, false));
  // First, so that faces that nobody named join the people whom regions name.
  CALOTYPE_RETURN_IF_ERROR(catalog->ImportRegionNames().status());
  return UpdatePeople(*catalog, *threshold);
}

// Where memory is limited, what models take is known before the first photo claims the rest.
Status Preload(const Settings& config, ModelCache& cache) {
  if (config.memory_mb == 0) {
    return cache.Preload({config.preload.begin(), config.preload.end()});
  }
  CALOTYPE_RETURN_IF_ERROR(cache.Preload({kModelTasks.begin(), kModelTasks.end()}));
  if (const int64_t held = ResidentBytes() / 1'000'000; held >= config.memory_mb) {
    LogWarning(
        "the models alone hold {} MB of memory, the limit is {} ({}): it cannot be kept, and photos go one at a time; "
        "raise it, or take a smaller pack",
        held, config.memory_mb, kMemoryKnob);
  }
  return absl::OkStatus();
}

void PrintFailure(const ScanFailure& failure) {
  ProgressBar::Clear();
  const bool whole_photo = failure.analysis == "read" || failure.analysis == kDecodeAnalysis;
  PrintError(fmt::format("{}: {}{}{}", Printable(failure.path), whole_photo ? "" : failure.analysis,
                         whole_photo ? "" : ": ", Printable(failure.reason)));
}

// Models, analysers and settings for scans of one request, one after the other.
class ScanRunner {
 public:
  static StatusOr<std::unique_ptr<ScanRunner>> Open(App& app, const ScanRequest& request);

  StatusOr<ScanReport> Run(const std::vector<fs::path>& parts, bool walk = true);
  const std::vector<fs::path>& roots() const { return options_.roots; }
  std::stop_token token() const { return interrupt_.token(); }

 private:
  explicit ScanRunner(App& app) : app_(app) {}

  App& app_;
  const InterruptWatcher interrupt_{"what is under way is finished first"};
  std::unique_ptr<Models> models_;
  std::unique_ptr<PhotoAnalysis> analysis_;  // after the models: it uses them
  ScanOptions options_;
};

StatusOr<std::unique_ptr<ScanRunner>> ScanRunner::Open(App& app, const ScanRequest& request) {
  std::unique_ptr<ScanRunner> runner(new ScanRunner(app));
  const Settings& config = app.settings();
  CALOTYPE_RETURN_IF_ERROR(OpenCatalog(app, true).status());
  if (config.nice > 0 && setpriority(PRIO_PROCESS, 0, static_cast<int>(config.nice)) != 0) {
    LogWarning("scan.nice is {}, which the system refused", config.nice);
  }
  CALOTYPE_ASSIGN_OR_RETURN(runner->models_, OpenModels(app, request.models, ModelUse::Of(config.workers)));
  CALOTYPE_ASSIGN_OR_RETURN(runner->analysis_, OpenAnalysis(*runner->models_, request.only));
  CALOTYPE_ASSIGN_OR_RETURN(std::shared_ptr<const PlaceIndex> places, LoadPlacesIfAny(app));
  runner->models_->MeasureDevices(PrintMeasurement, runner->token());
  if (!runner->token().stop_requested()) {
    CALOTYPE_RETURN_IF_ERROR(Preload(config, *runner->models_->cache));
  }
  runner->options_ = {
      .catalog_file = app.catalog_files().database(),
      .models = runner->models_->Set(),
      .wait = true,
      .workers = static_cast<int>(config.workers),
      .limits = config.Limits(),
      .memory = {.limit = config.memory_mb * 1'000'000,
                 .make_room = [cache = runner->models_->cache.get()](int64_t bytes) { cache->MakeRoom(bytes); }},
      .places = std::move(places),
      .scanner = {.exclude = config.exclude, .follow_links = config.follow_links, .gone_is_deleted = request.gone},
      .throttle = {.max_load = static_cast<double>(config.max_load),
                   .own_threads = App::Cores(),
                   .rest_on_battery = config.rest_on_battery}};
  for (const std::string& folder : request.folders) {
    runner->options_.roots.push_back(CatalogPath(folder));
  }
  return runner;
}

StatusOr<ScanReport> ScanRunner::Run(const std::vector<fs::path>& parts, bool walk) {
  ScanOptions options = options_;
  options.parts = parts;
  if (!walk) {
    options.roots.clear();
  }
  if (const int64_t days = app_.settings().forget_after_days; days > 0) {
    options.forget_before = time(nullptr) - days * kSecondsPerDay;
  }
  StatusOr<ScanReport> report = absl::UnknownError("not run");
  {
    ProgressBar bar;
    const ScanSubscriber subscriber = [&](const ScanEvent& event) {
      if (const auto* const progress = std::get_if<ScanProgress>(&event); progress != nullptr) {
        bar.Update(*progress);
      } else if (const auto* const failure = std::get_if<ScanFailure>(&event); failure != nullptr) {
        PrintFailure(*failure);
      } else {
        PrintError(fmt::format("{}: what is new is booked for it, and this one waits for its end",
                               std::get<ScanWaiting>(event).reason));
      }
    };
    report = RunScan(options, *analysis_, subscriber, token());
  }
  CALOTYPE_RETURN_IF_ERROR(report.status());
  // Faces that are still shown with embeddings of other models have another threshold.
  if (!report->switching) {
    CALOTYPE_RETURN_IF_ERROR(SortPeople(app_, *models_));
  }
  return report;
}

void TellPolled(const FolderWatcher& watcher) {
  for (const FolderWatcher::Polled& one : watcher.polled()) {
    PrintError(fmt::format("{}: {}; it is looked at from time to time instead (scan.poll_s)",
                           Printable(one.root.string()), one.reason));
  }
}

}  // namespace

StatusOr<ScanReport> ScanWithProgress(App& app, const ScanRequest& request) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto runner, ScanRunner::Open(app, request));
  return runner->Run({});
}

Status ScanAndWatch(App& app, const ScanRequest& request, const std::function<void(const ScanReport&)>& on_report) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto runner, ScanRunner::Open(app, request));
  // Before the first scan, so that nothing falls between it and the watching.
  FolderWatcher watcher(runner->roots(), {.settle = std::chrono::seconds(app.settings().settle_s),
                                          .poll = std::chrono::seconds(app.settings().poll_s)});
  TellPolled(watcher);
  CALOTYPE_ASSIGN_OR_RETURN(const ScanReport first, runner->Run({}));
  on_report(first);
  while (!runner->token().stop_requested()) {
    const std::vector<fs::path> changed = watcher.Wait(kRetryCheck, runner->token());
    if (runner->token().stop_requested()) {
      break;
    }
    // Without a change: failures may have come due.
    CALOTYPE_ASSIGN_OR_RETURN(const ScanReport report, runner->Run(changed, !changed.empty()));
    if (report.analysed + report.failed + report.problems + report.missing + report.forgotten > 0) {
      on_report(report);
    }
  }
  return absl::OkStatus();
}

std::string Summary(const ScanReport& report) {
  std::string text = fmt::format("scanned {} photos, {} analysed", report.photos, report.analysed);
  const auto add = [&](int64_t count, std::string_view what) {
    if (count > 0) {
      text += fmt::format(", {} {}", count, what);
    }
  };
  add(report.unchanged, "unchanged");
  add(report.failed, "failed");
  add(report.problems, "could not be read");
  add(report.missing, "no longer there");
  add(report.forgotten, "forgotten");
  text += fmt::format(" in {}", FormatDuration(report.seconds));
  const int64_t looked_at = report.analysed + report.failed;
  if (looked_at > 0 && report.seconds > 0) {
    text += fmt::format(" ({:.0f} photos per minute)", static_cast<double>(looked_at) * 60 / report.seconds);
  }
  return text + (report.stopped ? "; stopped, the next scan goes on from here\n" : "\n");
}

}  // namespace calotype
