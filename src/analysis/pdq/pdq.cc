#include "analysis/pdq/pdq.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <numbers>
#include <vector>

#include "analysis/image_ops.h"

namespace calotype {
namespace {

constexpr std::size_t kGrid = 64;   // side of the image that is transformed
constexpr std::size_t kBands = 16;  // frequencies kept in each direction
constexpr int kMinimumSide = 5;     // the reference refuses smaller images
constexpr int kPhotoSide = 512;     // the size to which the reference's command line tool shrinks larger photos

using Grid = std::array<float, kGrid * kGrid>;
using Bands = std::array<float, kBands * kBands>;

// Half the number of pixels per grid cell, rounded up, so that two passes cover the whole cell.
std::size_t WindowSize(std::size_t side) { return (side + 2 * kGrid - 1) / (2 * kGrid); }

std::size_t CentreOf(std::size_t cell, std::size_t side) {
  return static_cast<std::size_t>((static_cast<double>(cell) + 0.5) * static_cast<double>(side) / kGrid);
}

// A plane of floats that are written before they are read.
class Rows {
 public:
  Rows(std::size_t count, std::size_t width)
      : width_(width), values_(std::make_unique_for_overwrite<float[]>(count * width)) {}

  float* operator[](std::size_t row) { return values_.get() + row * width_; }

 private:
  std::size_t width_;
  std::unique_ptr<float[]> values_;
};

// Slides a box down all columns of a plane at the same time, with one sum per column. Gives the same sums as column by
// column, but reads memory sequentially.
class ColumnBlur {
 public:
  ColumnBlur(const PdqKernels& kernels, std::size_t width, std::size_t height)
      : kernels_(kernels),
        slide_{.length = height, .window = WindowSize(height)},
        width_(width),
        sums_(width, 0.0F),
        zeros_(width, 0.0F) {}

  // The number of input rows that output row `y` needs. Earlier rows are read again only within the window.
  std::size_t RowsNeeded(std::size_t y) const { return slide_.last(y); }
  std::size_t window() const { return slide_.window; }

  // Computes row `y` of the output. Call it for each row in order. `row_at(i)` returns row i of the input.
  template <typename RowAt>
  void Step(std::size_t y, const RowAt& row_at, float* mean) {
    while (last_ + 1 < slide_.last(y)) {
      kernels_.slide_row(sums_.data(), row_at(last_++), zeros_.data(), width_, 1, mean);
    }
    const float* const add = last_ < slide_.last(y) ? row_at(last_++) : zeros_.data();
    const float* const subtract = first_ < slide_.first(y) ? row_at(first_++) : zeros_.data();
    kernels_.slide_row(sums_.data(), add, subtract, width_, last_ - first_, mean);
  }

 private:
  const PdqKernels& kernels_;
  Slide slide_;
  std::size_t width_;
  std::vector<float> sums_;
  std::vector<float> zeros_;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
};

// Two passes of a box across and down, then one value from the centre of each grid cell. All passes move down the photo
// together, a strip of kTileRows rows at a time, so that the data between them stays in the cache. The second pass
// across keeps only the columns that the grid samples.
class Shrinker {
 public:
  Shrinker(const PdqKernels& kernels, std::size_t width, std::size_t height)
      : kernels_(kernels),
        width_(width),
        height_(height),
        down_(kernels, width, height),
        ring_rows_(down_.window() + kTileRows),
        row_buffers_(kTileRows, width),
        across_(ring_rows_, width),
        strip_(kTileRows, width),
        narrow_(height, kGrid),
        spare_(1, std::max(width, kGrid)),
        tile_(width, kTileRows),
        blurred_(width, kTileRows) {}

  // `row(y, buffer)` returns row y of the luma and may write it into `buffer`. It is called from top to bottom.
  template <typename Row>
  Grid Shrink(const Row& row) {
    std::size_t y = 0;
    for (std::size_t top = 0; top < height_; top += kTileRows) {
      BlurAcross(top, row);
      const std::size_t done = std::min(height_, top + kTileRows);
      for (; y < height_ && down_.RowsNeeded(y) <= done; ++y) {
        down_.Step(y, [this](std::size_t i) { return across_[i % ring_rows_]; }, strip_[y % kTileRows]);
        if ((y + 1) % kTileRows == 0 || y + 1 == height_) {
          BlurAcrossAgain(y / kTileRows * kTileRows);
        }
      }
    }
    return SampleRows();
  }

 private:
  // The first pass across, for the strip of rows that begins at `top`.
  template <typename Row>
  void BlurAcross(std::size_t top, const Row& row) {
    std::array<const float*, kTileRows> from;
    std::array<float*, kTileRows> to;
    for (std::size_t i = 0; i < kTileRows; ++i) {
      const bool inside = top + i < height_;
      from[i] = inside ? row(top + i, row_buffers_[i]) : from[0];
      to[i] = inside ? across_[(top + i) % ring_rows_] : spare_[0];
    }
    Blur(from);
    kernels_.untile(blurred_[0], width_, to.data());
  }

  void BlurAcrossAgain(std::size_t top) {
    std::array<const float*, kTileRows> from;
    std::array<float*, kTileRows> to;
    for (std::size_t i = 0; i < kTileRows; ++i) {
      const bool inside = top + i < height_;
      from[i] = strip_[inside ? i : 0];
      to[i] = inside ? narrow_[top + i] : spare_[0];
    }
    Blur(from);
    std::array<float, kGrid * kTileRows> sampled;
    for (std::size_t x = 0; x < kGrid; ++x) {
      std::copy_n(blurred_[CentreOf(x, width_)], kTileRows, &sampled[x * kTileRows]);
    }
    kernels_.untile(sampled.data(), kGrid, to.data());
  }

  void Blur(const std::array<const float*, kTileRows>& rows) {
    kernels_.tile(rows.data(), width_, tile_[0]);
    kernels_.blur_tile(tile_[0], {.length = width_, .window = WindowSize(width_)}, blurred_[0]);
  }

  Grid SampleRows() {
    Grid grid;
    ColumnBlur down(kernels_, kGrid, height_);
    std::size_t cell = 0;
    for (std::size_t y = 0; y < height_; ++y) {
      down.Step(y, [this](std::size_t i) { return narrow_[i]; }, spare_[0]);
      for (; cell < kGrid && CentreOf(cell, height_) == y; ++cell) {
        std::copy_n(spare_[0], kGrid, &grid[cell * kGrid]);
      }
    }
    return grid;
  }

  const PdqKernels& kernels_;
  std::size_t width_;
  std::size_t height_;
  ColumnBlur down_;
  std::size_t ring_rows_;  // the rows that the pass down still needs, and one strip
  Rows row_buffers_;
  Rows across_;  // a ring buffer of rows after the first pass across
  Rows strip_;   // rows after the first pass down
  Rows narrow_;  // the sampled columns after the second pass across
  Rows spare_;   // rows that are never read
  Rows tile_;
  Rows blurred_;
};

template <typename Row>
Grid Shrink(const PdqKernels& kernels, std::size_t width, std::size_t height, const Row& row) {
  if (width != kGrid || height != kGrid) {
    return Shrinker(kernels, width, height).Shrink(row);
  }
  Grid grid;  // the reference does not blur an image that already has this size
  for (std::size_t y = 0; y < kGrid; ++y) {
    std::array<float, kGrid> buffer;
    std::copy_n(row(y, buffer.data()), kGrid, &grid[y * kGrid]);
  }
  return grid;
}

// How much detail there is to tell photos apart: visible steps between neighbours. The rounding to whole percents and
// the divisor are the reference's.
int Quality(const PdqKernels& kernels, const Grid& grid) {
  int sum = kernels.count_steps(grid.data(), grid.data() + kGrid, grid.size() - kGrid);
  for (std::size_t y = 0; y < kGrid; ++y) {
    sum += kernels.count_steps(&grid[y * kGrid], &grid[y * kGrid + 1], kGrid - 1);
  }
  return std::min(100, sum / 90);
}

// Rows 1 to 16 of the discrete cosine transform of length 64, and the same transposed.
struct Cosines {
  std::array<float, kBands * kGrid> rows;
  std::array<float, kBands * kGrid> columns;
};

Cosines MakeCosines() {
  const float scale = static_cast<float>(std::sqrt(2.0 / kGrid));
  Cosines cosines;
  for (std::size_t i = 0; i < kBands; ++i) {
    for (std::size_t j = 0; j < kGrid; ++j) {
      const double angle = std::numbers::pi / 2 / kGrid * static_cast<double>(i + 1) * static_cast<double>(2 * j + 1);
      const auto value = static_cast<float>(static_cast<double>(scale) * std::cos(angle));
      cosines.rows[i * kGrid + j] = value;
      cosines.columns[j * kBands + i] = value;
    }
  }
  return cosines;
}

Bands Transform(const PdqKernels& kernels, const Grid& grid) {
  static const Cosines kCosines = MakeCosines();
  std::array<float, kBands * kGrid> half;
  Bands bands;
  kernels.multiply(kCosines.rows.data(), kBands, kGrid, grid.data(), kGrid, half.data());
  kernels.multiply(half.data(), kBands, kGrid, kCosines.columns.data(), kBands, bands.data());
  return bands;
}

// The 128th smallest value, which is what the reference's median (Torben's, for an even number of values) returns.
float LowerMedian(Bands bands) {
  auto* const middle = bands.begin() + bands.size() / 2 - 1;
  std::nth_element(bands.begin(), middle, bands.end());
  return *middle;
}

PdqHash ToBits(const Bands& bands) {
  const float median = LowerMedian(bands);
  PdqHash hash{};
  for (std::size_t k = 0; k < bands.size(); ++k) {
    if (bands[k] > median) {
      hash[hash.size() - 1 - k / 8] |= static_cast<uint8_t>(1U << (k % 8));
    }
  }
  return hash;
}

template <typename Row>
PdqFinding Hash(int width, int height, const PdqKernels& kernels, const Row& row) {
  if (width < kMinimumSide || height < kMinimumSide) {
    return {};
  }
  const Grid grid = Shrink(kernels, static_cast<std::size_t>(width), static_cast<std::size_t>(height), row);
  return {.hash = ToBits(Transform(kernels, grid)), .quality = Quality(kernels, grid)};
}

}  // namespace

PdqFinding HashLuma(std::span<const float> luma, int width, int height, const PdqKernels& kernels) {
  return Hash(width, height, kernels,
              [&](std::size_t y, float* /*buffer*/) { return luma.data() + y * static_cast<std::size_t>(width); });
}

PdqFinding HashPixels(const Image& image, const PdqKernels& kernels) {
  return Hash(image.width(), image.height(), kernels, [&](std::size_t y, float* buffer) -> const float* {
    kernels.luma(image.row(static_cast<int>(y)), static_cast<std::size_t>(image.width()), buffer);
    return buffer;
  });
}

PdqFinding HashPhoto(const Image& image) {
  const bool is_small = std::max(image.width(), image.height()) <= kPhotoSide;
  return is_small ? HashPixels(image) : HashPixels(Resize(image, kPhotoSide, kPhotoSide));
}

std::string_view PdqTurnName(PdqTurn turn) {
  constexpr std::array<std::string_view, kPdqTurns> kNames = {"",
                                                              "mirrored",
                                                              "mirrored and upside down",
                                                              "upside down",
                                                              "turned right and mirrored",
                                                              "turned right",
                                                              "turned left",
                                                              "turned left and mirrored"};
  return kNames[static_cast<std::size_t>(turn)];
}

PdqTurn Undo(PdqTurn turn) {
  // All turns but the quarter turns reverse themselves.
  switch (turn) {
    case PdqTurn::kTurnedRight:
      return PdqTurn::kTurnedLeft;
    case PdqTurn::kTurnedLeft:
      return PdqTurn::kTurnedRight;
    default:
      return turn;
  }
}

PdqHash TurnedHash(const PdqHash& hash, PdqTurn turn) {
  const auto bits = static_cast<unsigned>(turn);
  const bool transposed = (bits & 4U) != 0;
  const bool left_right = (bits & 1U) != 0;
  const bool top_bottom = (bits & 2U) != 0;
  PdqHash turned{};
  for (std::size_t row = 0; row < kBands; ++row) {
    for (std::size_t column = 0; column < kBands; ++column) {
      const std::size_t from = transposed ? column * kBands + row : row * kBands + column;
      bool bit = (hash[hash.size() - 1 - from / 8] >> (from % 8) & 1U) != 0;
      // Band i is frequency i + 1. Mirroring changes the sign of the odd frequencies in its direction.
      bit ^= left_right && column % 2 == 0;
      bit ^= top_bottom && row % 2 == 0;
      const std::size_t to = row * kBands + column;
      turned[turned.size() - 1 - to / 8] |= static_cast<uint8_t>((bit ? 1U : 0U) << (to % 8));
    }
  }
  return turned;
}

int HammingDistance(const PdqHash& a, const PdqHash& b) {
  const auto words_a = std::bit_cast<std::array<uint64_t, 4>>(a);
  const auto words_b = std::bit_cast<std::array<uint64_t, 4>>(b);
  int distance = 0;
  for (std::size_t i = 0; i < words_a.size(); ++i) {
    distance += std::popcount(words_a[i] ^ words_b[i]);
  }
  return distance;
}

}  // namespace calotype
