// The state of a library as JSON, in the form that docs/json.md describes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "app/library_status.h"

namespace calotype {

// What `status --json` prints.
nlohmann::ordered_json StatusToJson(const LibraryStatus& status);

// The inverse, for clients of a server. Of models it knows no more than their packs, of devices no trial's agreement
// with the reference beyond its text. Throws nlohmann::json::exception where a key is missing or has another type.
LibraryStatus StatusFromJson(const nlohmann::ordered_json& json);

// The value of its key "scan"; null unless a scan is running.
nlohmann::ordered_json ScanToJson(const std::optional<ScanNews>& news);

}  // namespace calotype
