#include "cli/scan_run.h"

#include <fmt/format.h>

#include "cli/interrupt.h"
#include "cli/progress_bar.h"
#include "cli/terminal.h"
#include "search/people.h"

namespace calotype {
namespace {

Status SortPeople(App& app, const Models& models) {
  const StatusOr<float> threshold = models.FaceMatchThreshold();
  if (!threshold.ok()) {
    return absl::OkStatus();  // A pack without faces has no people.
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, app.OpenCatalog(false));
  return UpdatePeople(*catalog, *threshold);
}

}  // namespace

StatusOr<ScanReport> ScanWithProgress(App& app, const ScanRequest& request) {
  const InterruptWatcher interrupt("photos in flight are finished first");
  CALOTYPE_RETURN_IF_ERROR(app.OpenCatalog(true).status());
  const int workers = static_cast<int>(app.config().workers);
  CALOTYPE_ASSIGN_OR_RETURN(const auto models, app.OpenModels(request.models, App::Cores() / workers, workers));
  CALOTYPE_ASSIGN_OR_RETURN(const auto analysis, App::OpenAnalysis(*models, request.only));
  models->MeasureDevices();
  CALOTYPE_RETURN_IF_ERROR(models->cache->Preload({app.config().preload.begin(), app.config().preload.end()}));
  ScanOptions options{.catalog_file = app.config().catalog_file,
                      .models = models->Set(),
                      .wait = request.wait,
                      .workers = workers,
                      .limits = app.config().Limits()};
  for (const std::string& folder : request.folders) {
    options.roots.push_back(CatalogPath(folder));
  }
  StatusOr<ScanReport> report = absl::UnknownError("not run");
  {
    ProgressBar bar;
    const ScanHandlers handlers{.on_progress = [&](const ScanProgress& progress) { bar.Update(progress); },
                                .on_failure =
                                    [](std::string_view path, std::string_view name, std::string_view reason) {
                                      ProgressBar::Clear();
                                      const bool whole_photo = name == "read" || name == kDecodeAnalysis;
                                      PrintError(fmt::format("{}: {}{}{}", Printable(path), whole_photo ? "" : name,
                                                             whole_photo ? "" : ": ", Printable(reason)));
                                    }};
    report = RunScan(options, *analysis, handlers, interrupt.token());
  }
  CALOTYPE_RETURN_IF_ERROR(report.status());
  // Faces that are still shown with embeddings of other models have another threshold.
  if (!report->switching) {
    CALOTYPE_RETURN_IF_ERROR(SortPeople(app, *models));
  }
  return report;
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
  text += fmt::format(" in {}", FormatDuration(report.seconds));
  const int64_t looked_at = report.analysed + report.failed;
  if (looked_at > 0 && report.seconds > 0) {
    text += fmt::format(" ({:.0f} photos per minute)", static_cast<double>(looked_at) * 60 / report.seconds);
  }
  return text + (report.stopped ? "; stopped, the next scan goes on from here\n" : "\n");
}

}  // namespace calotype
