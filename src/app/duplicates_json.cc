#include "app/duplicates_json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

bool IsCrop(const DuplicatePhoto& photo) { return photo.kind == CopyKind::kCrop; }

// The part of `keeper` that a crop shows, in its pixels.
Json PartToJson(const DuplicatePhoto& crop, const DuplicatePhoto& keeper) {
  const auto pixels = [](double share, int side) { return std::lround(share * side); };
  return {pixels(crop.part.x, keeper.width), pixels(crop.part.y, keeper.height), pixels(crop.part.width, keeper.width),
          pixels(crop.part.height, keeper.height)};
}

}  // namespace

Json DuplicateGroupToJson(const DuplicateGroup& group) {
  Json photos = Json::array();
  Json crops = Json::array();
  for (const DuplicatePhoto& photo : group) {
    Json json = {{"photo", photo.photo},       {"path", photo.paths.front()},
                 {"paths", photo.paths},       {"copy", CopyKindName(photo)},
                 {"bytes", photo.bytes},       {"width", photo.width},
                 {"height", photo.height},     {"format", FormatName(photo.format)},
                 {"distance", photo.distance}, {"turned", PdqTurnName(photo.turn)}};
    if (IsCrop(photo)) {
      json["part"] = PartToJson(photo, group.front());
    }
    if (!photo.with.empty()) {
      json["with"] = photo.with;
    }
    (IsCrop(photo) ? crops : photos).push_back(std::move(json));
  }
  Json json = {{"keep", group.front().paths.front()}, {"reason", group.front().reason}, {"photos", std::move(photos)}};
  if (!crops.empty()) {
    json["crops"] = std::move(crops);
  }
  return json;
}

Json DuplicatesToJson(const Duplicates& found) {
  Json json = {{"groups", Json::array()}, {"plain", found.plain}, {"changed", found.changed}};
  for (const DuplicateGroup& group : found.groups) {
    json["groups"].push_back(DuplicateGroupToJson(group));
  }
  return json;
}

}  // namespace calotype
