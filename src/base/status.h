// The one error type of Calotype: absl::Status and absl::StatusOr, with the two macros that pass an error up.
//
// Codes and what they mean here:
//   kInvalidArgument     the input itself is wrong (a broken photo, a query that does not parse, a bad setting)
//   kNotFound            a file, model or photo that is not there
//   kPermissionDenied    there, but may not be read or written
//   kResourceExhausted   over a limit (pixels, memory, disk); the message names the limit and its knob
//   kFailedPrecondition  something must be done first (a pack that is not installed)
//   kUnavailable         may work later (a locked database)
//   kDataLoss            bytes that are not what their checksum says
//   kCancelled           asked to stop
//   kInternal            a bug or a library's failure
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace calotype {

using absl::Status;
using absl::StatusOr;

// `status` with "context: " put before its message; OK stays OK.
[[nodiscard]] Status Annotate(const Status& status, std::string_view context);

// The message of `status`, empty when OK. (Debian builds Abseil with a string_view of its own: text crosses that border
// as std::string, and is put together with fmt::format.)
std::string Message(const Status& status);

// The process exit status for `status`: 0 for OK, 1 for all else. (2, a usage error, is
// told by the command line before anything runs.)
int ExitStatus(const Status& status);

// The HTTP status that answers a request which failed with `status`.
int HttpStatus(const Status& status);

}  // namespace calotype

#define CALOTYPE_CONCAT_INNER(a, b) a##b
#define CALOTYPE_CONCAT(a, b) CALOTYPE_CONCAT_INNER(a, b)

// Returns from the enclosing function when `expression` (a Status) is not OK.
#define CALOTYPE_RETURN_IF_ERROR(expression)                                    \
  do {                                                                          \
    if (::absl::Status calotype_status = (expression); !calotype_status.ok()) { \
      return calotype_status;                                                   \
    }                                                                           \
  } while (false)

// Assigns the value of `expression` (a StatusOr) to `target`, or returns its status from the enclosing function.
#define CALOTYPE_ASSIGN_OR_RETURN(target, expression) \
  CALOTYPE_ASSIGN_OR_RETURN_INNER(CALOTYPE_CONCAT(calotype_or_, __LINE__), target, expression)
#define CALOTYPE_ASSIGN_OR_RETURN_INNER(holder, target, expression) \
  auto holder = (expression);                                       \
  if (!holder.ok()) {                                               \
    return holder.status();                                         \
  }                                                                 \
  target = *std::move(holder)
