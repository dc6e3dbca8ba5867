#include "app/status_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

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

}  // namespace calotype
