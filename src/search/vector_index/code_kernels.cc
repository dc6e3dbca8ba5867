#include "search/vector_index/code_kernels.h"

#include <array>
#include <bit>

#include "search/vector_index/code_kernels_x86.h"

namespace calotype {
namespace {

void ScalarKernel(const uint64_t* codes, std::size_t words, std::size_t count, const uint64_t* planes, uint32_t* sums) {
  for (std::size_t i = 0; i < count; ++i, codes += words) {
    uint32_t sum = 0;
    for (std::size_t bit = 0; bit < kQueryBits; ++bit) {
      const uint64_t* const plane = planes + bit * words;
      uint32_t common = 0;
      for (std::size_t word = 0; word < words; ++word) {
        common += static_cast<uint32_t>(std::popcount(codes[word] & plane[word]));
      }
      sum += common << bit;
    }
    sums[i] = sum;
  }
}

constexpr auto kKernels = std::to_array<NamedKernel<CodeKernel>>({
#if defined(__x86_64__)
    {"avx512", [] { return __builtin_cpu_supports("avx512vpopcntdq") != 0 && __builtin_cpu_supports("avx512f") != 0; },
     Avx512CodeKernel},
    {"avx2", [] { return __builtin_cpu_supports("avx2") != 0; }, Avx2CodeKernel},
#endif
    {"scalar", [] { return true; }, ScalarKernel},
});

}  // namespace

std::span<const NamedKernel<CodeKernel>> CodeKernels() { return kKernels; }

const NamedKernel<CodeKernel>& CodeKernelInUse() {
  static const NamedKernel<CodeKernel>& chosen = ChooseKernel(CodeKernels(), "CALOTYPE_SEARCH_KERNEL");
  return chosen;
}

}  // namespace calotype
