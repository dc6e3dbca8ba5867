#include "search/vector_index/code_kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>

#include "base/log.h"
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

constexpr auto kKernels = std::to_array<NamedKernel>({
#if defined(__x86_64__)
    {"avx512", [] { return __builtin_cpu_supports("avx512vpopcntdq") != 0 && __builtin_cpu_supports("avx512f") != 0; },
     Avx512CodeKernel},
    {"avx2", [] { return __builtin_cpu_supports("avx2") != 0; }, Avx2CodeKernel},
#endif
    {"scalar", [] { return true; }, ScalarKernel},
});

const NamedKernel& Usual() {
  return *std::ranges::find_if(kKernels, [](const NamedKernel& k) { return k.supported(); });
}

const NamedKernel& Choose() {
  const char* const wanted = std::getenv("CALOTYPE_SEARCH_KERNEL");
  if (wanted == nullptr || *wanted == '\0') {
    return Usual();
  }
  const StatusOr<const NamedKernel*> found = FindCodeKernel(wanted);
  if (!found.ok()) {
    LogWarning("CALOTYPE_SEARCH_KERNEL: {}; {} is used", Message(found.status()), Usual().name);
    return Usual();
  }
  return **found;
}

}  // namespace

std::span<const NamedKernel> CodeKernels() { return kKernels; }

StatusOr<const NamedKernel*> FindCodeKernel(std::string_view name) {
  std::string supported;
  for (const NamedKernel& kernel : kKernels) {
    if (!kernel.supported()) {
      continue;
    }
    if (kernel.name == name) {
      return &kernel;
    }
    supported += fmt::format("{}{}", supported.empty() ? "" : ", ", kernel.name);
  }
  return absl::InvalidArgumentError(
      fmt::format("there is no kernel '{}' for this CPU; there are: {}", name, supported));
}

const NamedKernel& CodeKernelInUse() {
  static const NamedKernel& chosen = Choose();
  return chosen;
}

}  // namespace calotype
