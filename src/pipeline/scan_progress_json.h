// The progress of a scan as JSON: the same keys in the progress file and in `calotype status --json`.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "pipeline/scan_progress.h"

namespace calotype {

// An object with a key for each member.
nlohmann::ordered_json ToJson(const ScanProgress& progress);

// The inverse. Throws nlohmann::json::exception where a key is missing or has a value of another type.
ScanProgress ScanProgressFrom(const nlohmann::ordered_json& json);

}  // namespace calotype
