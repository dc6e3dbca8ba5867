#include "search/vector_index/code_kernels.h"

#include <algorithm>
#include <array>

#include "search/vector_index/code_kernels_x86.h"

namespace calotype {
namespace {

void ScalarKernel(const uint8_t* groups, std::size_t bytes, std::size_t count, const uint8_t* tables, uint16_t* sums) {
  for (std::size_t group = 0; group < count; ++group, sums += kGroup) {
    std::fill_n(sums, kGroup, uint16_t{0});
    for (std::size_t byte = 0; byte < bytes; ++byte, groups += kGroup) {
      const uint8_t* const low = tables + 2 * byte * kTableEntries;
      const uint8_t* const high = low + kTableEntries;
      for (std::size_t code = 0; code < kGroup; ++code) {
        sums[code] = static_cast<uint16_t>(sums[code] + low[groups[code] & 0xfU] + high[groups[code] >> 4U]);
      }
    }
  }
}

constexpr auto kKernels = std::to_array<NamedKernel<CodeKernel>>({
#if defined(__x86_64__)
    {"avx512", [] { return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0; },
     Avx512CodeKernel},
    {"avx2", [] { return __builtin_cpu_supports("avx2") != 0; }, Avx2CodeKernel},
    {"ssse3", [] { return __builtin_cpu_supports("ssse3") != 0; }, Ssse3CodeKernel},
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
