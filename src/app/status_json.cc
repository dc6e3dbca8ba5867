#include "app/status_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/rate.h"
#include "inference/placement/placement_json.h"
#include "pipeline/scan_progress_json.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kTenths = 10;

Json OrNull(std::optional<double> value) {
  return value.has_value() ? Json(std::round(*value * kTenths) / kTenths) : Json(nullptr);
}

double Rounded(double milliseconds) { return std::round(milliseconds * 10) / 10; }

Json PlacementToJson(const PlacementRecord& record) {
  Json json = ToJson(record);
  json["ms"] = record.trial ? Json(Rounded(record.trial->milliseconds)) : Json(nullptr);
  json["agreement"] = record.trial ? Json(record.trial->figure) : Json(nullptr);
  return json;
}

Json ModelsToJson(const LibraryModels& models) {
  const auto pack = [](const std::optional<ModelSet>& set) { return set ? Json(set->pack) : Json(nullptr); };
  return {{"shown", pack(models.shown)},   {"wanted", pack(models.wanted)}, {"previous", pack(models.previous)},
          {"switching", models.switching}, {"ready", models.ready},         {"behind", models.behind}};
}

// The inverse.
LibraryModels ModelsFromJson(const Json& json) {
  const auto pack = [&json](const char* key) {
    const Json& name = json.at(key);
    return name.is_null() ? std::nullopt
                          : std::optional(ModelSet{.pack = name.get<std::string>(), .choices = "", .text_encoder = ""});
  };
  LibraryModels models{.wanted = pack("wanted"),
                       .shown = pack("shown"),
                       .previous = pack("previous"),
                       .switching = json.at("switching").get<int64_t>(),
                       .ready = json.at("ready").get<int64_t>(),
                       .behind = json.at("behind").get<int64_t>()};
  if (models.switching > 0 && models.wanted.has_value() && models.wanted == models.shown) {
    models.wanted->choices = "others of this pack";
  }
  return models;
}

PlacementRecord PlacementFromJson(const Json& json) {
  PlacementRecord record{.task = json.at("task").get<std::string>()};
  record.device = {.engine = json.at("engine").get<std::string>(),
                   .device = json.at("device").get<std::string>(),
                   .precision = json.at("precision").get<std::string>()};
  for (const Json& device : json.at("not_used")) {
    record.not_used.push_back({.device = device.at("device").get<std::string>(),
                               .reason = device.at("reason").get<std::string>(),
                               .news = device.at("news").get<bool>()});
  }
  if (!json.at("ms").is_null()) {
    record.trial =
        Trial{.milliseconds = json.at("ms").get<double>(), .figure = json.at("agreement").get<std::string>()};
  }
  return record;
}

constexpr std::array<std::pair<ProcessRole, std::string_view>, 2> kRoleNames = {
    {{ProcessRole::kWorker, "worker"}, {ProcessRole::kCoordinator, "coordinator"}}};

std::string_view RoleName(ProcessRole role) {
  const auto* const found = std::ranges::find(kRoleNames, role, &std::pair<ProcessRole, std::string_view>::first);
  return found == kRoleNames.end() ? "other" : found->second;  // of a newer program
}

Json ProcessToJson(const ProcessRecord& process) {
  const ProcessFigures& figures = process.figures;
  return {{"role", RoleName(process.role)},
          {"host", process.host},
          {"process", process.pid},
          {"since", process.since},
          {"leads", process.leads},
          {"analysed", figures.analysed},
          {"failed", figures.failed},
          {"held", figures.held},
          {"photos_per_minute", OrNull(figures.per_minute)},
          {"devices", figures.devices},
          {"walked_at", figures.walked_at > 0 ? Json(figures.walked_at) : Json(nullptr)}};
}

ProcessRecord ProcessFromJson(const Json& json) {
  ProcessRecord process{.host = json.at("host").get<std::string>(),
                        .pid = json.at("process").get<int64_t>(),
                        .since = json.at("since").get<int64_t>(),
                        .leads = json.at("leads").get<bool>()};
  process.role = json.at("role") == "coordinator" ? ProcessRole::kCoordinator : ProcessRole::kWorker;
  ProcessFigures& figures = process.figures;
  figures.analysed = json.at("analysed").get<int64_t>();
  figures.failed = json.at("failed").get<int64_t>();
  figures.held = json.at("held").get<int64_t>();
  if (const Json& rate = json.at("photos_per_minute"); !rate.is_null()) {
    figures.per_minute = rate.get<double>();
  }
  figures.devices = json.at("devices").get<std::map<std::string, std::string>>();
  figures.walked_at = json.at("walked_at").is_null() ? 0 : json.at("walked_at").get<int64_t>();
  return process;
}

std::optional<ScanNews> ScanFromJson(const Json& scan, const Json& died) {
  if (!died.is_null()) {
    return ScanNews{.life = ScanNews::Life::kDied, .process = died.get<int64_t>()};
  }
  if (scan.is_null()) {
    return std::nullopt;
  }
  const Json& rate = scan.at("photos_per_minute");
  return ScanNews{.life = ScanNews::Life::kRunning,
                  .process = scan.at("process").get<int64_t>(),
                  .progress = ScanProgressFrom(scan),
                  .per_minute = rate.is_null() ? std::nullopt : std::optional(rate.get<double>())};
}

}  // namespace

Json ScanToJson(const std::optional<ScanNews>& news) {
  if (!news.has_value() || news->life != ScanNews::Life::kRunning) {
    return nullptr;
  }
  Json json = ToJson(news->progress);
  json.update({{"process", news->process},
               {"photos_per_minute", OrNull(news->per_minute)},
               {"seconds_left", OrNull(SecondsLeft(news->progress, news->per_minute))}});
  return json;
}

Json StatusToJson(const LibraryStatus& status) {
  const CatalogStatus& catalog = status.catalog;
  Json json = {{"paused", status.paused},
               {"scanned", status.scanned},
               {"photos", {{"total", catalog.photos}, {"missing", catalog.missing}, {"damaged", catalog.damaged}}}};
  json["analyses"] = Json::object();
  for (const auto& [name, counts] : catalog.analyses) {
    json["analyses"][name] = {{"done", counts.done},
                              {"pending", counts.pending},
                              {"running", counts.running},
                              {"failed", counts.failed},
                              {"skipped", counts.skipped}};
  }
  json["models"] = ModelsToJson(status.models);
  json["scan"] = ScanToJson(status.scan);
  const bool died = status.scan.has_value() && status.scan->life == ScanNews::Life::kDied;
  json["died"] = died ? Json(status.scan->process) : Json(nullptr);
  json["processes"] = Json::array();
  for (const ProcessRecord& process : status.processes) {
    json["processes"].push_back(ProcessToJson(process));
  }
  json["runs"] = Json::object();
  for (const auto& [name, use] : catalog.devices) {
    json["runs"][name] = {{"device", use.device}, {"ms", Rounded(use.milliseconds)}};
  }
  json["devices"] = Json::object();
  for (const auto& [model, record] : status.placements) {
    json["devices"][model] = PlacementToJson(record);
  }
  json["failures"] = Json::array();
  for (const FailureGroup& group : catalog.failures) {
    json["failures"].push_back({{"analysis", group.analysis},
                                {"reason", group.reason},
                                {"count", group.count},
                                {"next_try", group.next_try > 0 ? Json(group.next_try) : Json(nullptr)},
                                {"examples", group.examples}});
  }
  return json;
}

LibraryStatus StatusFromJson(const Json& json) {
  LibraryStatus status{.scanned = json.at("scanned").get<bool>(), .paused = json.at("paused").get<bool>()};
  CatalogStatus& catalog = status.catalog;
  const Json& photos = json.at("photos");
  catalog.photos = photos.at("total").get<int64_t>();
  catalog.missing = photos.at("missing").get<int64_t>();
  catalog.damaged = photos.at("damaged").get<int64_t>();
  for (const auto& [name, counts] : json.at("analyses").items()) {
    catalog.analyses[name] = {.pending = counts.at("pending").get<int64_t>(),
                              .running = counts.at("running").get<int64_t>(),
                              .done = counts.at("done").get<int64_t>(),
                              .failed = counts.at("failed").get<int64_t>(),
                              .skipped = counts.at("skipped").get<int64_t>()};
  }
  status.models = ModelsFromJson(json.at("models"));
  status.scan = ScanFromJson(json.at("scan"), json.at("died"));
  for (const Json& process : json.at("processes")) {
    status.processes.push_back(ProcessFromJson(process));
  }
  for (const auto& [name, use] : json.at("runs").items()) {
    catalog.devices[name] = {.device = use.at("device").get<std::string>(), .milliseconds = use.at("ms").get<double>()};
  }
  for (const auto& [model, record] : json.at("devices").items()) {
    status.placements[model] = PlacementFromJson(record);
  }
  for (const Json& group : json.at("failures")) {
    const Json& next_try = group.at("next_try");
    catalog.failures.push_back({.analysis = group.at("analysis").get<std::string>(),
                                .reason = group.at("reason").get<std::string>(),
                                .count = group.at("count").get<int64_t>(),
                                .examples = group.at("examples").get<std::vector<std::string>>(),
                                .next_try = next_try.is_null() ? 0 : next_try.get<int64_t>()});
  }
  return status;
}

}  // namespace calotype
