#include "base/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace calotype {
namespace {

struct CodeMapping {
  absl::StatusCode code;
  int exit_status;
  int http_status;
};

// Every code that Calotype uses. One table, so that the command line, the server and its clients agree. Of two codes
// with one HTTP status, the later one is what a client takes it for.
constexpr std::array kMappings = {
    CodeMapping{absl::StatusCode::kOk, 0, 200},
    CodeMapping{absl::StatusCode::kCancelled, 130, 499},
    CodeMapping{absl::StatusCode::kInvalidArgument, 1, 400},
    CodeMapping{absl::StatusCode::kUnauthenticated, 1, 401},
    CodeMapping{absl::StatusCode::kNotFound, 1, 404},
    CodeMapping{absl::StatusCode::kAlreadyExists, 1, 409},
    CodeMapping{absl::StatusCode::kPermissionDenied, 1, 403},
    CodeMapping{absl::StatusCode::kResourceExhausted, 1, 413},
    CodeMapping{absl::StatusCode::kFailedPrecondition, 1, 409},
    CodeMapping{absl::StatusCode::kUnimplemented, 1, 501},
    CodeMapping{absl::StatusCode::kUnavailable, 1, 503},
    CodeMapping{absl::StatusCode::kDeadlineExceeded, 1, 504},
    CodeMapping{absl::StatusCode::kDataLoss, 1, 500},
    CodeMapping{absl::StatusCode::kInternal, 1, 500},
};

const CodeMapping& Mapping(absl::StatusCode code) {
  for (const CodeMapping& mapping : kMappings) {
    if (mapping.code == code) {
      return mapping;
    }
  }
  return kMappings.back();
}

}  // namespace

Status Annotate(const Status& status, std::string_view context) {
  if (status.ok()) {
    return status;
  }
  return {status.code(), fmt::format("{}: {}", context, Message(status))};
}

std::string Message(const Status& status) { return std::string(status.message().data(), status.message().size()); }

int ExitStatus(const Status& status) { return Mapping(status.code()).exit_status; }

int HttpStatus(const Status& status) { return Mapping(status.code()).http_status; }

absl::StatusCode CodeOfHttpStatus(int http_status) {
  const auto found = std::ranges::find(kMappings.rbegin(), kMappings.rend(), http_status, &CodeMapping::http_status);
  return found == kMappings.rend() ? absl::StatusCode::kInternal : found->code;
}

}  // namespace calotype
