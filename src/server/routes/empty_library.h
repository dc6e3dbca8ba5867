// What is answered for a library that nothing was scanned into.
#pragma once

#include <utility>

#include "app/library.h"
#include "base/status.h"

namespace calotype {

// `answer`, or `empty` if it failed because there is no catalogue yet: an empty library is no conflict.
template <typename Value>
StatusOr<Value> OrEmpty(const Library& library, StatusOr<Value> answer, Value empty = {}) {
  if (absl::IsFailedPrecondition(answer.status()) && !library.Scanned()) {
    return empty;
  }
  return answer;
}

}  // namespace calotype
