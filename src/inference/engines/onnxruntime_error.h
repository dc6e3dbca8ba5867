// Converts ONNX Runtime's exceptions to Status; none of them leaves engines/.
#pragma once

#include <type_traits>

#include "base/status.h"

namespace calotype {

// Call it in a catch block. Returns the current exception as a Status with the runtime's message; kResourceExhausted if
// that reports exhausted memory.
Status StatusOfCurrentException() noexcept;

// Returns what `call` returns (a Status or StatusOr), or what it throws as a Status.
template <typename Call>
std::invoke_result_t<Call> Guarded(const Call& call) {
  try {
    return call();
  } catch (...) {
    return StatusOfCurrentException();
  }
}

}  // namespace calotype
