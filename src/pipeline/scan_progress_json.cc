#include "pipeline/scan_progress_json.h"

#include <nlohmann/json.hpp>

namespace calotype {

nlohmann::ordered_json ToJson(const ScanProgress& progress) {
  return {{"walking", progress.walking}, {"photos", progress.photos},     {"unchanged", progress.unchanged},
          {"to_do", progress.to_do},     {"analysed", progress.analysed}, {"failed", progress.failed},
          {"resting", progress.resting}};
}

ScanProgress ScanProgressFrom(const nlohmann::ordered_json& json) {
  return {.walking = json.at("walking"),
          .photos = json.at("photos"),
          .unchanged = json.at("unchanged"),
          .to_do = json.at("to_do"),
          .analysed = json.at("analysed"),
          .failed = json.at("failed"),
          .resting = json.at("resting")};
}

}  // namespace calotype
