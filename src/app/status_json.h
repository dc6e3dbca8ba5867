// The state of a library as JSON, in the form that docs/json.md describes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "app/library_status.h"

namespace calotype {

// What `status --json` prints.
nlohmann::ordered_json StatusToJson(const LibraryStatus& status);

// The value of its key "scan"; null unless a scan is running.
nlohmann::ordered_json ScanToJson(const std::optional<ScanNews>& news);

}  // namespace calotype
