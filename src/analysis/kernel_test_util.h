// For tests that run once with each kernel that this CPU supports.
#pragma once

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/kernels.h"

namespace calotype {

template <typename Run>
std::vector<std::string_view> KernelNames(std::span<const NamedKernel<Run>> kernels) {
  std::vector<std::string_view> names;
  for (const NamedKernel<Run>& kernel : kernels) {
    names.push_back(kernel.name);
  }
  return names;
}

inline std::string KernelTestName(const testing::TestParamInfo<std::string_view>& info) {
  return std::string(info.param);
}

// The test parameter is the kernel's name. Skips the test when the CPU does not support the kernel.
template <typename Kernels, std::span<const NamedKernel<Kernels>> (*kTable)()>
class KernelTest : public testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    const auto found = FindKernel(kTable(), GetParam());
    if (!found.ok()) {
      GTEST_SKIP() << "this CPU does not support " << GetParam();
    }
    kernels_ = (*found)->run;
  }

  static const Kernels& Scalar() { return (*FindKernel(kTable(), "scalar"))->run; }

  Kernels kernels_{};
};

}  // namespace calotype
