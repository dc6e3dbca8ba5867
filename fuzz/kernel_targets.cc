#include <algorithm>
#include <cstdint>
#include <vector>

#include "analysis/pdq/pdq_kernels.h"
#include "search/vector_index/code_kernels.h"
#include "targets.h"

namespace calotype {
namespace {

// Every kernel that this CPU has must give what the portable one, the last, gives.
template <typename Run, typename Compute>
void Compare(std::span<const NamedKernel<Run>> kernels, const Compute& compute) {
  const auto expected = compute(kernels.back().run);
  for (const NamedKernel<Run>& kernel : kernels) {
    if (kernel.supported() && compute(kernel.run) != expected) {
      __builtin_trap();
    }
  }
}

// Sums of the table entries that codes select: half of the bytes are tables, the others codes.
void CompareCodes(std::span<const uint8_t> data) {
  constexpr std::size_t kCodeBytes = 8;
  std::vector<uint8_t> tables(kCodeBytes * 2 * kTableEntries);
  for (std::size_t i = 0; i < tables.size(); ++i) {
    tables[i] = i < data.size() ? data[i] % (kMaxLevel + 1) : 0;
  }
  const std::size_t group_bytes = kCodeBytes * kGroup;
  const std::size_t groups = std::max<std::size_t>(1, data.size() / group_bytes);
  std::vector<uint8_t> codes(groups * group_bytes);
  std::copy_n(data.begin(), std::min(data.size(), codes.size()), codes.begin());
  Compare(CodeKernels(), [&](CodeKernel run) {
    std::vector<uint16_t> sums(groups * kGroup);
    run(codes.data(), kCodeBytes, groups, tables.data(), sums.data());
    return sums;
  });
}

void CompareLuma(std::span<const uint8_t> data) {
  const std::size_t pixels = data.size() / 3;
  Compare(PdqKernelTable(), [&](const PdqKernels& run) {
    std::vector<float> luma(pixels);
    run.luma(data.data(), pixels, luma.data());
    return luma;
  });
}

// One step of a sliding window, down as many columns as there are triples of bytes.
void CompareSlides(std::span<const uint8_t> data) {
  const std::size_t width = data.size() / 3;
  const std::vector<float> add(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(width));
  const std::vector<float> subtract(add.rbegin(), add.rend());
  Compare(PdqKernelTable(), [&](const PdqKernels& run) {
    std::vector<float> sums(add);
    std::vector<float> mean(width);
    run.slide_row(sums.data(), add.data(), subtract.data(), width, 1 + data.size() % 16, mean.data());
    sums.insert(sums.end(), mean.begin(), mean.end());
    return sums;
  });
}

}  // namespace

void FuzzKernels(std::span<const uint8_t> data) {
  CompareCodes(data);
  CompareLuma(data);
  CompareSlides(data);
}

}  // namespace calotype
