#include "search/vector_index/code_kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace calotype {
namespace {

std::vector<uint8_t> RandomBytes(std::size_t count, uint32_t below, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> bytes(count);
  std::ranges::generate(bytes, [&] { return static_cast<uint8_t>(random() % below); });
  return bytes;
}

CodeKernel Scalar() { return (*FindKernel(CodeKernels(), "scalar"))->run; }

TEST(CodeKernelsTest, EveryKernelGivesTheResultsOfTheScalarOne) {
  int compared = 0;
  for (const NamedKernel<CodeKernel>& kernel : CodeKernels()) {
    if (!kernel.supported()) {
      continue;
    }
    for (std::size_t bytes = 8; bytes <= 256; bytes += 8) {
      for (const std::size_t count : {1, 2, 7}) {
        const auto seed = static_cast<uint32_t>(bytes);
        const std::vector<uint8_t> groups = RandomBytes(bytes * count * kGroup, 256, seed);
        for (const bool all_highest : {false, true}) {
          std::vector<uint8_t> tables = RandomBytes(2 * bytes * kTableEntries, kMaxLevel + 1, seed + 1000);
          if (all_highest) {
            std::ranges::fill(tables, kMaxLevel);
          }
          std::vector<uint16_t> expected(count * kGroup);
          std::vector<uint16_t> sums(count * kGroup);
          Scalar()(groups.data(), bytes, count, tables.data(), expected.data());
          kernel.run(groups.data(), bytes, count, tables.data(), sums.data());
          ASSERT_EQ(sums, expected) << kernel.name << " with " << bytes << " bytes";
          ++compared;
        }
      }
    }
  }
  EXPECT_GE(compared, 192);
}

TEST(CodeKernelsTest, EveryKernelComputesTheLargestPossibleSum) {
  constexpr std::size_t kBytes = 1056;  // two tables per byte: a sum of 65,472
  for (const NamedKernel<CodeKernel>& kernel : CodeKernels()) {
    if (kernel.supported()) {
      const std::vector<uint8_t> tables(2 * kBytes * kTableEntries, kMaxLevel);
      std::vector<uint16_t> sums(kGroup);
      kernel.run(RandomBytes(kBytes * kGroup, 256, 1).data(), kBytes, 1, tables.data(), sums.data());
      EXPECT_THAT(sums, testing::Each(2 * kBytes * kMaxLevel)) << kernel.name;
    }
  }
}

TEST(CodeKernelsTest, TheScalarKernelAddsTheEntriesThatTheBitsSelect) {
  std::vector<uint8_t> group(8 * kGroup);
  std::vector<uint8_t> tables(std::size_t{2} * 8 * kTableEntries);
  group[0 * kGroup + 9] = 0x3a;  // the tenth code
  group[7 * kGroup + 9] = 0x01;
  tables[0 * kTableEntries + 0xa] = 5;
  tables[1 * kTableEntries + 0x3] = 7;
  tables[14 * kTableEntries + 0x1] = 11;
  std::vector<uint16_t> sums(kGroup);
  Scalar()(group.data(), 8, 1, tables.data(), sums.data());
  for (std::size_t code = 0; code < kGroup; ++code) {
    EXPECT_EQ(sums[code], code == 9 ? 5 + 7 + 11 : 0) << code;
  }
}

}  // namespace
}  // namespace calotype
