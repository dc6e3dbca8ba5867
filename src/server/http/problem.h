// Errors as RFC 9457 problem details.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "server/http/http.h"

namespace calotype {

inline constexpr std::string_view kProblemType = "application/problem+json";

// A response with `status` and one sentence about this request. `request_id` finds it in the server's log.
HttpResponse Problem(std::string_view request_id, int status, std::string_view detail);

// The same for an error of a service. Its status is HttpStatus() of the error.
HttpResponse Problem(std::string_view request_id, const Status& error);

}  // namespace calotype
