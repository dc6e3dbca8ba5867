#include "server/http/request_log.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/log.h"

namespace calotype {

void LogRequest(std::string_view prefix, const HttpRequest& request, int status, std::chrono::microseconds took) {
  constexpr double kThousand = 1000;
  const double milliseconds = static_cast<double>(took.count()) / kThousand;
  Log(status >= http_status::kInternalError ? LogLevel::kWarning : LogLevel::kInfo,
      fmt::format("{}{} {} {} in {:.1f} ms ({}, request {})", prefix, request.method, request.path, status,
                  milliseconds, request.client, request.id),
      {{.name = "request", .value = request.id},
       {.name = "method", .value = request.method},
       {.name = "path", .value = request.path},
       {.name = "status", .value = int64_t{status}},
       {.name = "ms", .value = milliseconds},
       {.name = "client", .value = request.client}});
}

}  // namespace calotype
