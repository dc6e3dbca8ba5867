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

#include "app/findings_json.h"
#include "app/open_catalog.h"
#include "base/rate.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/scan_news.h"
#include "cli/terminal.h"
#include "inference/placement/device_store.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

// The devices of the models, as they were last put.
using Placements = std::map<std::string, PlacementRecord>;

double Rounded(double milliseconds) { return std::round(milliseconds * 10) / 10; }

Json ToJson(const PlacementRecord& record) {
  Json not_used = Json::array();
  for (const NotUsed& device : record.not_used) {
    not_used.push_back({{"device", device.device}, {"reason", device.reason}, {"news", device.news}});
  }
  return {{"task", record.task},
          {"engine", record.device.engine},
          {"device", record.device.device},
          {"precision", record.device.precision},
          {"ms", record.trial ? Json(Rounded(record.trial->milliseconds)) : Json(nullptr)},
          {"agreement", record.trial ? Json(record.trial->figure) : Json(nullptr)},
          {"not_used", not_used}};
}

Json ToJson(const LibraryModels& models) {
  const auto pack = [](const std::optional<ModelSet>& set) { return set ? Json(set->pack) : Json(nullptr); };
  return {{"shown", pack(models.shown)},   {"wanted", pack(models.wanted)}, {"previous", pack(models.previous)},
          {"switching", models.switching}, {"ready", models.ready},         {"behind", models.behind}};
}

Json ToJson(const CatalogStatus& status, const Placements& placements, const LibraryModels& models,
            const std::optional<ScanNews>& news) {
  Json json = {{"photos", {{"total", status.photos}, {"missing", status.missing}}}};
  json["analyses"] = Json::object();
  for (const auto& [name, counts] : status.analyses) {
    json["analyses"][name] = {{"done", counts.done},
                              {"pending", counts.pending},
                              {"running", counts.running},
                              {"failed", counts.failed},
                              {"skipped", counts.skipped}};
  }
  json["models"] = ToJson(models);
  json["scan"] = ScanToJson(news);
  json["runs"] = Json::object();
  for (const auto& [name, use] : status.devices) {
    json["runs"][name] = {{"device", use.device}, {"ms", Rounded(use.milliseconds)}};
  }
  json["devices"] = Json::object();
  for (const auto& [model, record] : placements) {
    json["devices"][model] = ToJson(record);
  }
  json["failures"] = Json::array();
  for (const FailureGroup& group : status.failures) {
    json["failures"].push_back({{"analysis", group.analysis},
                                {"reason", group.reason},
                                {"count", group.count},
                                {"next_try", group.next_try > 0 ? Json(group.next_try) : Json(nullptr)},
                                {"examples", group.examples}});
  }
  return json;
}

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

// When a scan tries it again by itself.
std::string NextTry(const FailureGroup& group) {
  if (group.next_try == 0) {
    return "";
  }
  const double seconds = static_cast<double>(group.next_try - time(nullptr));
  return seconds <= 0 ? " (the next scan tries again)" : fmt::format(" (tried again in {})", FormatDuration(seconds));
}

// Empty when nothing changes.
std::string ToText(const LibraryModels& models) {
  if (models.wanted == models.shown || !models.shown.has_value()) {
    return "";
  }
  return fmt::format("{} takes over from {}: {} of {} photos are done; {} answers until all are\n\n",
                     models.wanted->pack, models.shown->pack, models.ready, models.switching, models.shown->pack);
}

// Photos that one model looked at and its successor could not: what they show is not lost, but it is the first one's.
std::string BehindText(const LibraryModels& models) {
  return models.behind == 0 ? ""
                            : fmt::format(
                                  "{} photos show what earlier models found, since the present ones failed on "
                                  "them (below); calotype retry tries again\n\n",
                                  models.behind);
}

std::string ToText(const CatalogStatus& status, const Placements& placements, const LibraryModels& models,
                   const std::optional<ScanNews>& news) {
  std::string text = fmt::format("{} photos", status.photos);
  text += status.missing > 0 ? fmt::format(", {} more no longer there\n\n", status.missing) : "\n\n";
  if (const std::string scan = ScanToText(news); !scan.empty()) {
    text += scan + "\n";
  }
  text += ToText(models) + BehindText(models);
  text += Bold(fmt::format("{:<18}{:>10}{:>10}{:>10}{:>10}{:>10}{:>8}  device\n", "analysis", "done", "pending",
                           "running", "failed", "skipped", "ms"));
  for (const auto& [name, counts] : status.analyses) {
    const auto use = status.devices.find(name);
    text += fmt::format(
        "{:<18}{:>10}{:>10}{:>10}{:>10}{:>10}{}\n", name, counts.done, counts.pending, counts.running, counts.failed,
        counts.skipped,
        use == status.devices.end() ? "" : fmt::format("{:>8.0f}  {}", use->second.milliseconds, use->second.device));
  }
  text += ToText(placements);
  for (const FailureGroup& group : status.failures) {
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

CommandResult ShowStatus(App& app, const StatusArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, false));
  if (arguments.watch) {
    return WatchScan(app, arguments.json);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogStatus status, catalog->GetStatus());
  const Placements placements = DeviceStore(app.DeviceFile()).Placements();
  CALOTYPE_ASSIGN_OR_RETURN(const LibraryModels models, catalog->Models());
  const std::optional<ScanNews> news = NewsOfScan(app);
  Print(arguments.json ? JsonLine(ToJson(status, placements, models, news)) : ToText(status, placements, models, news));
  return 0;
}

}  // namespace

void AddStatusCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("status", "How far it got, and what failed for which reason");
  const auto arguments = std::make_shared<StatusArguments>();
  command.AddFlag("--json", arguments->json, "As JSON");
  command.AddFlag("--watch", arguments->watch, "How far the scan is that runs now, until it ends");
  command.SetAction([=, &app] { return ShowStatus(app, *arguments); });
}

}  // namespace calotype
