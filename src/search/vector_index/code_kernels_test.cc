#include "search/vector_index/code_kernels.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace calotype {
namespace {

std::vector<uint64_t> RandomWords(std::size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<uint64_t> words(count);
  for (uint64_t& word : words) {
    word = random();
  }
  return words;
}

TEST(CodeKernelsTest, EveryKernelGivesTheScalarOnesNumbers) {
  const CodeKernel scalar = (*FindKernel(CodeKernels(), "scalar"))->run;
  int compared = 0;
  for (const NamedKernel<CodeKernel>& kernel : CodeKernels()) {
    if (!kernel.supported()) {
      continue;
    }
    for (std::size_t words = 1; words <= 24; ++words) {
      for (const std::size_t count : {1, 2, 7, 100}) {
        std::vector<uint64_t> codes = RandomWords(words * count, words);
        std::fill_n(codes.begin(), words, ~uint64_t{0});  // the largest sum there is
        const std::vector<uint64_t> planes = RandomWords(words * kQueryBits, words + 1000);
        std::vector<uint32_t> expected(count);
        std::vector<uint32_t> sums(count);
        scalar(codes.data(), words, count, planes.data(), expected.data());
        kernel.run(codes.data(), words, count, planes.data(), sums.data());
        ASSERT_EQ(sums, expected) << kernel.name << " with " << words << " words";
        ++compared;
      }
    }
  }
  EXPECT_GE(compared, 96);
}

TEST(CodeKernelsTest, ThePortableOneCountsWeightedBits) {
  const uint64_t code = 0b1011;
  const std::vector<uint64_t> planes = {0b0001, 0b0011, 0b0100, 0b1111};
  uint32_t sum = 0;
  (*FindKernel(CodeKernels(), "scalar"))->run(&code, 1, 1, planes.data(), &sum);
  EXPECT_EQ(sum, 1U + 2 * 2 + 4 * 0 + 8 * 3);
}

}  // namespace
}  // namespace calotype
