// Explains the error numbers (CUresult) of cuInit(), with which NVIDIA's driver refuses to start.
#pragma once

#include <string_view>

namespace calotype {

inline constexpr int kCudaNoDevice = 100;

struct DriverError {
  int code = 0;
  std::string_view meaning;
  std::string_view remedy;
};

// A number that is not in the table gets a general explanation.
DriverError ExplainDriverError(int code);

}  // namespace calotype
