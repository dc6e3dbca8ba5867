// Changes as JSON, as the API and webhooks send them (docs/server.md).
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "app/changes.h"

namespace calotype {

// {"changes": [{"photo", "state", "path", "sha256"}], "next", "more"}
nlohmann::ordered_json ChangePageToJson(const ChangePage& page);

}  // namespace calotype
