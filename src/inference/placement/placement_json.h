// The device of a model as JSON: the same keys in the file of measurements and in `calotype status --json`.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "inference/placement/device_store.h"

namespace calotype {

// {"task", "engine", "device", "precision", "not_used": [{"device", "reason", "news"}]}: everything but the trial.
nlohmann::ordered_json ToJson(const PlacementRecord& record);

}  // namespace calotype
