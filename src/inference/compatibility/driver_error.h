// What NVIDIA's driver means when it refuses to start: the numbers (CUresult) that cuInit answers.
#pragma once

#include <string_view>

namespace calotype {

inline constexpr int kCudaNoDevice = 100;

struct DriverError {
  int code = 0;
  std::string_view meaning;
  std::string_view remedy;
};

// One that is not in the table gets a general meaning.
DriverError ExplainDriverError(int code);

}  // namespace calotype
