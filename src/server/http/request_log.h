// One line of the log for each request.
#pragma once

#include <chrono>
#include <string_view>

#include "server/http/http.h"

namespace calotype {

// A warning for a status of 500 or above, else only with --verbose. `prefix` says which listener it was.
void LogRequest(std::string_view prefix, const HttpRequest& request, int status, std::chrono::microseconds took);

}  // namespace calotype
