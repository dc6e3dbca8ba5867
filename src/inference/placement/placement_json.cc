#include "inference/placement/placement_json.h"

#include <nlohmann/json.hpp>

namespace calotype {

nlohmann::ordered_json ToJson(const PlacementRecord& record) {
  nlohmann::ordered_json not_used = nlohmann::ordered_json::array();
  for (const NotUsed& device : record.not_used) {
    not_used.push_back({{"device", device.device}, {"reason", device.reason}, {"news", device.news}});
  }
  return {{"task", record.task},
          {"engine", record.device.engine},
          {"device", record.device.device},
          {"precision", record.device.precision},
          {"not_used", not_used}};
}

}  // namespace calotype
