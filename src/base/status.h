// The error type of Calotype, absl::Status and absl::StatusOr, and two macros that return an error to the caller.
//
// What the codes mean in Calotype:
//   kInvalidArgument     the input itself is wrong (a broken photo, a query that does not parse, a bad setting)
//   kNotFound            a file, model or photo does not exist
//   kPermissionDenied    it exists, but may not be read or written
//   kResourceExhausted   over a limit (pixels, memory, disk); the message names the limit and its setting
//   kFailedPrecondition  something must be done first (a pack is not installed)
//   kUnavailable         may work later (a locked database)
//   kDeadlineExceeded    took longer than its time limit
//   kDataLoss            the bytes do not match their checksum
//   kCancelled           the user or the caller asked to stop
//   kInternal            a bug, or a failure inside a library
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace calotype {

using absl::Status;
using absl::StatusOr;

// Returns `status` with "context: " before its message; returns OK unchanged.
[[nodiscard]] Status Annotate(const Status& status, std::string_view context);

// The message of `status`, empty when OK. Debian builds Abseil with its own string_view type; this is why Calotype
// passes text to and from Abseil as std::string and formats it with fmt::format.
std::string Message(const Status& status);

// The exit status of the process for `status`: 0 for OK, 130 for kCancelled (as for a program that Ctrl-C ended), 1 for
// everything else. (The command line reports wrong usage as 2.)
int ExitStatus(const Status& status);

// The HTTP status of the response to a request that failed with `status`.
int HttpStatus(const Status& status);

// The code that an HTTP status of an error stands for: the other way round. kInternal for any other status.
absl::StatusCode CodeOfHttpStatus(int http_status);

}  // namespace calotype

#define CALOTYPE_CONCAT_INNER(a, b) a##b
#define CALOTYPE_CONCAT(a, b) CALOTYPE_CONCAT_INNER(a, b)

// Returns from the enclosing function with the status of `expression` (a Status) when it is not OK.
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
