#include "app/changes_json.h"

#include <nlohmann/json.hpp>
#include <string_view>

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

std::string_view PresenceName(PhotoPresence presence) {
  switch (presence) {
    case PhotoPresence::kPresent:
      return "present";
    case PhotoPresence::kMissing:
      return "missing";
    case PhotoPresence::kDeleted:
      return "deleted";
  }
  return "";
}

Json ChangeToJson(const PhotoChange& change) {
  return {{"photo", change.photo},
          {"state", PresenceName(change.presence)},
          {"path", change.path.empty() ? Json(nullptr) : Json(change.path)},
          {"sha256", change.presence == PhotoPresence::kDeleted ? Json(nullptr) : Json(change.sha256.Hex())}};
}

}  // namespace

Json ChangePageToJson(const ChangePage& page) {
  Json json = {{"changes", Json::array()}, {"next", page.next}, {"more", page.more}};
  for (const PhotoChange& change : page.changes) {
    json["changes"].push_back(ChangeToJson(change));
  }
  return json;
}

}  // namespace calotype
