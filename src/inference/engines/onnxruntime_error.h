// ONNX Runtime's exceptions as Status: nothing that it throws leaves engines/.
#pragma once

#include <type_traits>

#include "base/status.h"

namespace calotype {

// Call in a catch block: the exception in flight as a Status, with the runtime's own words. kResourceExhausted when
// they say that memory is out.
Status StatusOfCurrentException() noexcept;

// What `call` (which answers a Status or StatusOr) answers, or what it throws.
template <typename Call>
std::invoke_result_t<Call> Guarded(const Call& call) {
  try {
    return call();
  } catch (...) {
    return StatusOfCurrentException();
  }
}

}  // namespace calotype
