#include "base/kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

namespace calotype {
namespace {

constexpr char kVariable[] = "CALOTYPE_TEST_KERNEL";

constexpr auto kKernels = std::to_array<NamedKernel<int>>({
    {"future", [] { return false; }, 3},
    {"fast", [] { return true; }, 2},
    {"scalar", [] { return true; }, 1},
});

std::string_view Chosen(const char* wanted) {
  if (wanted == nullptr) {
    ::unsetenv(kVariable);
  } else {
    ::setenv(kVariable, wanted, 1);
  }
  return ChooseKernel<int>(kKernels, kVariable).name;
}

TEST(KernelsTest, UsesTheFirstSupportedKernelUnlessOneIsNamed) {
  EXPECT_EQ(Chosen(nullptr), "fast");
  EXPECT_EQ(Chosen(""), "fast");
  EXPECT_EQ(Chosen("scalar"), "scalar");
  EXPECT_EQ(Chosen("future"), "fast");
  EXPECT_EQ(Chosen("mmx"), "fast");
  ::unsetenv(kVariable);
}

TEST(KernelsTest, AnUnknownNameListsTheSupportedKernels) {
  EXPECT_EQ((*FindKernel<int>(kKernels, "fast"))->run, 2);
  for (const char* name : {"mmx", "future"}) {
    EXPECT_EQ(Message(FindKernel<int>(kKernels, name).status()),
              std::string("no kernel '") + name + "' for this CPU; available: fast, scalar");
  }
}

}  // namespace
}  // namespace calotype
