// Reads sizes such as "1G" from the command line.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace calotype {

// "1G" is 1000 megabytes, "800M" is 800, "1.5G" 1500, "512MB" 512. kInvalidArgument names `what` ("--memory").
StatusOr<int64_t> ParseMegabytes(std::string_view what, std::string_view text);

}  // namespace calotype
