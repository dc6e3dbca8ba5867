// The JSON body of a request.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "base/status.h"

namespace calotype {

// Parses a body. kInvalidArgument for text that is not JSON, and for values that are nested in more than 64 others:
// functions that write or compare values call themselves for each level, so a deep one would exhaust the stack.
StatusOr<nlohmann::ordered_json> ParseJsonBody(std::string_view body);

}  // namespace calotype
