// calotype status
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <ctime>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/client/library_client.h"
#include "app/findings_json.h"
#include "app/library_status.h"
#include "app/status_json.h"
#include "base/rate.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/scan_news.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

// By model, the device that each ran on last.
using Placements = std::map<std::string, PlacementRecord>;

std::string ToText(const Placements& placements) {
  std::map<std::string, std::vector<std::string>> models_by_news;
  for (const auto& [model, record] : placements) {
    for (const NotUsed& device : record.not_used) {
      if (device.news) {
        models_by_news[fmt::format("{} is not used: {}", device.device, Printable(device.reason))].push_back(model);
      }
    }
  }
  std::string text;
  for (const auto& [news, models] : models_by_news) {
    text += fmt::format("\n{}\n    {}\n", news, fmt::join(models, ", "));
  }
  return text;
}

// When a scan retries it without being asked.
std::string NextTry(const FailureGroup& group) {
  if (group.next_try == 0) {
    return "";
  }
  const double seconds = static_cast<double>(group.next_try - time(nullptr));
  return seconds <= 0 ? " (the next scan retries)" : fmt::format(" (retried in {})", FormatDuration(seconds));
}

// Rounded as in --json, so that --server prints the same text: there the number comes from JSON.
double ShownMilliseconds(const DeviceUse& use) { return std::round(use.milliseconds * 10) / 10; }

// Empty when no switch of models is in progress.
std::string ToText(const LibraryModels& models) {
  if (models.wanted == models.shown || !models.shown.has_value()) {
    return "";
  }
  return fmt::format("switching from {} to {}: {} of {} done; results are shown from {} until all are\n\n",
                     models.shown->pack, models.wanted->pack, models.ready, Counted(models.switching, "photo"),
                     models.shown->pack);
}

// Photos on which the current models failed: they keep the results of the earlier ones.
std::string BehindText(const LibraryModels& models) {
  return models.behind == 0 ? ""
                            : fmt::format(
                                  "results of earlier models are shown for {}, because the current ones failed "
                                  "(below); calotype retry tries again\n\n",
                                  Counted(models.behind, "photo"));
}

std::string ToText(const ProcessRecord& process) {
  const ProcessFigures& figures = process.figures;
  const auto ago = [](int64_t instant) { return FormatDuration(static_cast<double>(time(nullptr) - instant)); };
  const bool works = process.role == ProcessRole::kWorker;
  std::string text = fmt::format("{} on {} (process {}), for {}", works ? "worker" : "coordinator",
                                 Printable(process.host), process.pid, ago(process.since));
  if (!works) {
    return text + (process.leads ? ", leads" : ", waits to take over") +
           (figures.walked_at > 0 ? fmt::format("; walked {} ago", ago(figures.walked_at)) : "") + "\n";
  }
  text += fmt::format(": {} analysed", Counted(figures.analysed + figures.failed, "photo"));
  text += figures.failed > 0 ? fmt::format(", {} failed", figures.failed) : "";
  text += figures.per_minute.has_value() ? fmt::format(", {:.0f} photos/min", *figures.per_minute) : "";
  text += figures.held > 0 ? fmt::format(", {} in work", figures.held) : "";
  std::map<std::string, std::vector<std::string>> tasks;
  for (const auto& [task, device] : figures.devices) {
    tasks[device].push_back(task);
  }
  for (const auto& [device, on_it] : tasks) {
    text += fmt::format("\n    {}: {}", Printable(device), fmt::join(on_it, ", "));
  }
  return text + "\n";
}

std::string ToText(const LibraryStatus& status) {
  const CatalogStatus& catalog = status.catalog;
  std::string text =
      status.paused ? Bold("Scans of this library are paused; calotype resume continues them.") + "\n\n" : "";
  text += Counted(catalog.photos, "photo");
  text += catalog.damaged > 0 ? fmt::format(", {} of them damaged", catalog.damaged) : "";
  text += catalog.missing > 0 ? fmt::format(", {} more no longer there\n\n", catalog.missing) : "\n\n";
  if (const std::string scan = ScanToText(status.scan); !scan.empty()) {
    text += scan + "\n";
  }
  for (const ProcessRecord& process : status.processes) {
    text += ToText(process);
  }
  text += status.processes.empty() ? "" : "\n";
  text += ToText(status.models) + BehindText(status.models);
  text += Bold(fmt::format("{:<18}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}  device\n", "analysis", "done", "pending",
                           "running", "failed", "skipped", "ms/photo"));
  for (const auto& [name, counts] : catalog.analyses) {
    const auto use = catalog.devices.find(name);
    text += fmt::format("{:<18}{:>10}{:>10}{:>10}{:>10}{:>10}{}\n", name, counts.done, counts.pending, counts.running,
                        counts.failed, counts.skipped,
                        use == catalog.devices.end()
                            ? ""
                            : fmt::format("{:>10.0f}  {}", ShownMilliseconds(use->second), use->second.device));
  }
  text += ToText(status.placements);
  for (const FailureGroup& group : catalog.failures) {
    text += fmt::format("\n{} x {}: {}{}\n", group.count, group.analysis, Printable(group.reason), NextTry(group));
    for (const std::string& example : group.examples) {
      text += fmt::format("    {}\n", Printable(example));
    }
  }
  return text;
}

struct StatusArguments {
  bool json = false;
  bool watch = false;
};

CommandResult ShowStatus(App& app, const std::string& server, const StatusArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<LibraryClient> library, OpenLibraryClient(app, server));
  if (arguments.watch) {
    return WatchScan(*library, arguments.json);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const LibraryStatus status, library->GetStatus());
  Print(arguments.json ? JsonLine(StatusToJson(status)) : ToText(status));
  return 0;
}

}  // namespace

void AddStatusCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("status", "Show progress and failures");
  const auto arguments = std::make_shared<StatusArguments>();
  command.AddFlag("--json", arguments->json, "As JSON");
  command.AddFlag("--watch", arguments->watch, "Follow the running scan until it ends");
  const std::string& server = command.AddServer();
  command.SetAction([=, &app, &server] { return ShowStatus(app, server, *arguments); });
}

}  // namespace calotype
