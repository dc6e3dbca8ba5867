#include "inference/placement/batch_rows.h"

#include <algorithm>
#include <bit>

namespace calotype {
namespace {

// The first run with a number of rows also allocates memory, so it is not counted.
constexpr int64_t kIgnoredRuns = 1;
// With fewer runs than this, a number of rows is tried before it is compared.
constexpr int64_t kLeastRuns = 4;
constexpr double kWeightOfNewRun = 0.2;
// One of so many choices tries another number of rows.
constexpr int64_t kTryEvery = 64;
// Larger batches keep their first caller waiting for longer, so they must save this share of the time.
constexpr double kLeastGain = 0.03;

std::size_t SizeOf(int64_t rows) { return static_cast<std::size_t>(std::bit_width(static_cast<uint64_t>(rows))) - 1; }

}  // namespace

BatchRows::BatchRows(int64_t most) : sizes_(SizeOf(std::max<int64_t>(most, 1)) + 1) {}

int64_t BatchRows::Choose(int64_t waiting) {
  const std::size_t sizes = std::min(SizeOf(std::max<int64_t>(waiting, 1)) + 1, sizes_.size());
  ++choices_;
  if (choices_ % kTryEvery == 0) {
    return int64_t{1} << (static_cast<std::size_t>(choices_ / kTryEvery) % sizes);
  }
  std::size_t best = 0;
  for (std::size_t size = 0; size < sizes; ++size) {
    if (sizes_[size].runs < kLeastRuns) {
      return int64_t{1} << size;
    }
    if (sizes_[size].seconds_per_row < sizes_[best].seconds_per_row * (1 - kLeastGain)) {
      best = size;
    }
  }
  return int64_t{1} << best;
}

void BatchRows::Record(int64_t rows, double seconds) {
  const std::size_t index = SizeOf(rows);
  if (rows < 1 || index >= sizes_.size()) {
    return;
  }
  Size& size = sizes_[index];
  const double per_row = seconds / static_cast<double>(rows);
  if (size.runs <= kIgnoredRuns) {
    size.seconds_per_row = per_row;
  } else {
    size.seconds_per_row += kWeightOfNewRun * (per_row - size.seconds_per_row);
  }
  ++size.runs;
}

}  // namespace calotype
