#include "app/scan_runner.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <iterator>
#include <memory>
#include <system_error>
#include <utility>
#include <variant>

#include "app/load_places.h"
#include "app/open_catalog.h"
#include "app/scan.h"
#include "base/log.h"
#include "base/memory.h"
#include "photo/reader_settings.h"
#include "pipeline/folder_watcher.h"
#include "pipeline/process_photo.h"
#include "search/people.h"
#include "storage/photo_storage.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kSecondsPerDay = 86'400;
constexpr int64_t kMegabyte = 1'000'000;
// While folders are watched: how often to look for failures that are due for a retry.
constexpr std::chrono::seconds kRetryCheck{60};

// The priority of this thread and of those that it starts.
void LowerPriority(int64_t nice) {
  if (nice > 0 && setpriority(PRIO_PROCESS, 0, static_cast<int>(nice)) != 0) {
    LogWarning("the system refused the priority {} (scan.nice)", nice);
  }
}

// A new library must not begin with a folder that does not exist. In a library with a catalogue, a folder may be on a
// disk that is not mounted; the scan itself decides.
Status CheckFolders(const App& app, const std::vector<std::string>& folders) {
  std::error_code error;
  if (app.catalog_files().MayExist()) {
    return absl::OkStatus();
  }
  for (const std::string& folder : folders) {
    const fs::path path = CatalogPath(folder);
    CALOTYPE_ASSIGN_OR_RETURN(const bool exists, StoredFolderExists(path.string()));
    if (!exists) {
      return absl::NotFoundError(fmt::format("{} does not exist", path.string()));
    }
  }
  return absl::OkStatus();
}

// With a memory limit, all models are loaded first: the memory that is left is for photos. A limit that the models and
// the analysis of one photo exceed could not be kept, so it is refused. Returns the bytes that the program holds once
// the models have run; 0 without a limit.
StatusOr<int64_t> Preload(const Settings& settings, ModelCache& cache) {
  if (settings.memory_mb == 0) {
    CALOTYPE_RETURN_IF_ERROR(cache.Preload({settings.preload.begin(), settings.preload.end()}));
    return 0;
  }
  CALOTYPE_RETURN_IF_ERROR(cache.Preload({kModelTasks.begin(), kModelTasks.end()}));
  const int64_t held = ResidentBytes() + static_cast<int64_t>(cache.Report().size()) * kKeptBytes;
  const int64_t needed = (held + kAnalysisBytes) / kMegabyte + 1;
  if (needed > settings.memory_mb) {
    return absl::InvalidArgumentError(fmt::format(
        "the memory limit is {} MB ({}), but at least {} MB are needed: {} MB for the program with its models and {} "
        "MB to analyse a photo; raise the limit, use a smaller pack, or run fewer analyses (scan --only)",
        settings.memory_mb, kMemoryKnob, needed, held / kMegabyte, kAnalysisBytes / kMegabyte));
  }
  return held;
}

}  // namespace

StatusOr<std::unique_ptr<ScanRunner>> ScanRunner::Open(Library& library, const ScanRequest& request,
                                                       const EventHandler& on_event, const std::stop_token& stop) {
  CALOTYPE_RETURN_IF_ERROR(CheckFolders(library.app(), request.folders));
  std::unique_ptr<ScanRunner> runner(new ScanRunner(library, on_event, stop));
  LowerPriority(runner->settings().nice);
  CALOTYPE_RETURN_IF_ERROR(runner->OpenModelsOf(request));
  CALOTYPE_ASSIGN_OR_RETURN(runner->options_, runner->OptionsOf(request));
  return runner;
}

Status ScanRunner::OpenModelsOf(const ScanRequest& request) {
  const ModelChoice choice = request.models.has_value() ? *request.models : PackInUse(library_.app());
  ModelUse use = ModelUse::Of(settings().workers);
  use.announce = true;
  use.none = !NeedModels(request.only);
  CALOTYPE_ASSIGN_OR_RETURN(models_, library_.Open(choice, use));
  CALOTYPE_ASSIGN_OR_RETURN(analysis_, OpenAnalysis(*models_, request.only));
  // Only now, so that a request with a wrong pack or analysis leaves no empty catalogue; but before devices are
  // measured, because that takes long.
  CALOTYPE_RETURN_IF_ERROR(OpenCatalog(library_.app(), /*create=*/!request.only_work).status());
  if (request.only_walk) {
    return absl::OkStatus();  // no model runs
  }
  models_->MeasureDevices(on_event_, stop_);
  if (!stop_.stop_requested()) {
    CALOTYPE_ASSIGN_OR_RETURN(held_bytes_, Preload(settings(), *models_->cache));
  }
  return absl::OkStatus();
}

StatusOr<ScanOptions> ScanRunner::OptionsOf(const ScanRequest& request) const {
  CALOTYPE_ASSIGN_OR_RETURN(std::shared_ptr<const PlaceIndex> places, LoadPlacesIfAny(library_.app()));
  ScanOptions options{.catalog_file = settings().catalog_file,
                      .models = models_->Set(),
                      .only_work = request.only_work,
                      .only_walk = request.only_walk,
                      .leads_as = request.leads_as,
                      .drain = std::chrono::seconds(settings().drain_s),
                      .abandon = request.abandon,
                      .wait = true,
                      .workers = static_cast<int>(settings().workers),
                      .limits = settings().Limits(),
                      .memory = {.limit = settings().memory_mb * kMegabyte,
                                 .least_outside = held_bytes_,
                                 .make_room = [cache = models_->cache.get()](int64_t bytes) { cache->MakeRoom(bytes); },
                                 .resident = [] { return ResidentBytes() + ReaderMemory(); }},
                      .places = std::move(places),
                      .scanner = {.exclude = settings().exclude,
                                  .follow_links = settings().follow_links,
                                  .gone_is_deleted = request.gone},
                      .throttle = {.max_load = static_cast<double>(settings().max_load),
                                   .own_threads = App::Cores(),
                                   .rest_on_battery = settings().rest_on_battery}};
  for (const std::string& folder : request.folders) {
    options.roots.push_back(CatalogPath(folder));
  }
  return options;
}

StatusOr<ScanReport> ScanRunner::Run(const std::vector<fs::path>& parts, bool walk) {
  ScanOptions options = options_;
  options.parts = parts;
  if (!walk) {
    options.roots.clear();
  }
  if (const int64_t days = settings().forget_after_days; days > 0) {
    options.forget_before = time(nullptr) - days * kSecondsPerDay;
  }
  const ScanSubscriber forward = [this](const ScanEvent& event) {
    std::visit([this](const auto& value) { on_event_(value); }, event);
  };
  CALOTYPE_ASSIGN_OR_RETURN(ScanReport report, RunScan(options, *analysis_, forward, stop_));
  // During a switch of models the shown faces have embeddings of the earlier model, which needs another threshold.
  if (!report.switching && !options.only_work && !options.only_walk) {
    CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library_.Catalogue());
    CALOTYPE_RETURN_IF_ERROR(SortPeople(*catalog));
  }
  on_event_(report);
  return report;
}

Status ScanRunner::SortPeople(FaceCatalog& catalog) const {
  const StatusOr<float> threshold = models_->FaceMatchThreshold();
  if (!threshold.ok()) {
    return absl::OkStatus();  // A pack without a face model has no people.
  }
  // First, so that unnamed faces join the people whom regions name.
  CALOTYPE_RETURN_IF_ERROR(catalog.ImportRegionNames().status());
  return UpdatePeople(catalog, *threshold);
}

std::map<std::string, std::string> ScanRunner::Devices() const {
  std::map<std::string, std::string> devices;
  for (const ModelReport& report : models_->cache->Report()) {
    if (report.loaded) {
      devices[report.model.task] = report.device.ToString();
    }
  }
  return devices;
}

StatusOr<ScanReport> ScanRunner::Watch() {
  // Made before the first scan, so that no change between that scan and the watching is missed.
  std::vector<fs::path> watched;
  std::ranges::transform(options_.roots, std::back_inserter(watched),
                         [](const fs::path& root) { return LocalPath(root.native()); });
  FolderWatcher watcher(
      watched, {.settle = std::chrono::seconds(settings().settle_s), .poll = std::chrono::seconds(settings().poll_s)});
  for (const FolderWatcher::Polled& polled : watcher.polled()) {
    on_event_(FolderPolled{.folder = polled.root.string(), .reason = polled.reason});
  }
  StatusOr<ScanReport> report = Run({});
  while (report.ok() && !stop_.stop_requested()) {
    std::vector<fs::path> changed = watcher.Wait(kRetryCheck, stop_);
    std::ranges::transform(changed, changed.begin(), [](const fs::path& path) { return StoredPath(path.native()); });
    if (!stop_.stop_requested()) {
      // Also without a change: failures may be due for a retry.
      report = Run(changed, !changed.empty());
    }
  }
  return report;
}

StatusOr<ScanReport> RunScanRequest(Library& library, const ScanRequest& request, const EventHandler& on_event,
                                    const std::stop_token& stop) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto runner, ScanRunner::Open(library, request, on_event, stop));
  return request.watch ? runner->Watch() : runner->Run({});
}

}  // namespace calotype
