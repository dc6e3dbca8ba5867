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
