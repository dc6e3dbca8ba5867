#include "analysis/pdq/pdq_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "analysis/kernel_test_util.h"
#include "analysis/pdq/pdq.h"

namespace calotype {
namespace {

using Floats = std::vector<float>;

// Luma of noise, whose values no float holds exactly.
Floats RandomFloats(std::size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  Floats values(count);
  for (float& value : values) {
    value = static_cast<float>(random() % 255'001) / 1000.0F;
  }
  return values;
}

bool SameBits(const Floats& a, const Floats& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// Compares each kernel with the portable one.
using PdqKernelsTest = KernelTest<PdqKernels, PdqKernelTable>;

INSTANTIATE_TEST_SUITE_P(All, PdqKernelsTest, testing::ValuesIn(KernelNames(PdqKernelTable())), KernelTestName);

TEST_P(PdqKernelsTest, LumaOfEveryColour) {
  constexpr std::size_t kRow = std::size_t{256} * 256;
  std::vector<uint8_t> rgb(3 * kRow);
  Floats expected(kRow);
  Floats luma(kRow);
  for (int red = 0; red < 256; ++red) {
    for (std::size_t i = 0; i < kRow; ++i) {
      rgb[3 * i] = static_cast<uint8_t>(red);
      rgb[3 * i + 1] = static_cast<uint8_t>(i >> 8U);
      rgb[3 * i + 2] = static_cast<uint8_t>(i);
    }
    Scalar().luma(rgb.data(), kRow, expected.data());
    kernels_.luma(rgb.data(), kRow, luma.data());
    ASSERT_TRUE(SameBits(luma, expected)) << red;
  }
}

TEST_P(PdqKernelsTest, LumaOfAnyLengthWritesOnlyItsOutput) {
  const std::vector<uint8_t> rgb(std::size_t{3} * 70, 200);
  for (std::size_t count = 0; count <= 70; ++count) {
    Floats luma(71, -1);
    kernels_.luma(rgb.data(), count, luma.data());
    EXPECT_TRUE(count == 0 || luma[count - 1] == 200.0F) << count;
    EXPECT_EQ(luma[count], -1) << count;
  }
}

TEST_P(PdqKernelsTest, TilesAndBlursTiles) {
  for (const std::size_t width : {1, 2, 3, 4, 5, 7, 8, 9, 31, 64, 129, 512, 513, 1030}) {
    const Floats values = RandomFloats(kTileRows * width, static_cast<uint32_t>(width));
    Floats back(values.size());
    const float* rows[kTileRows];
    float* out[kTileRows];
    for (std::size_t i = 0; i < kTileRows; ++i) {
      rows[i] = values.data() + i * width;
      out[i] = back.data() + i * width;
    }
    Floats tile(values.size());
    Floats expected(values.size());
    kernels_.tile(rows, width, tile.data());
    Scalar().tile(rows, width, expected.data());
    ASSERT_TRUE(SameBits(tile, expected)) << width;
    kernels_.untile(tile.data(), width, out);
    ASSERT_TRUE(SameBits(back, values)) << width;
    for (const std::size_t window : {std::size_t{1}, std::size_t{2}, std::size_t{3}, (width + 127) / 128, width}) {
      const Slide slide{.length = width, .window = std::min(window, width)};
      Floats blurred(values.size());
      kernels_.blur_tile(tile.data(), slide, blurred.data());
      Scalar().blur_tile(tile.data(), slide, expected.data());
      ASSERT_TRUE(SameBits(blurred, expected)) << width << " with a window of " << window;
    }
  }
}

TEST_P(PdqKernelsTest, SlidesRowsAndCountsSteps) {
  for (std::size_t width = 1; width <= 67; ++width) {
    const Floats add = RandomFloats(width, 1);
    const Floats subtract = RandomFloats(width, 2);
    EXPECT_EQ(kernels_.count_steps(add.data(), subtract.data(), width),
              Scalar().count_steps(add.data(), subtract.data(), width));
    for (const std::size_t count : {1, 3, 4, 5, 16}) {
      Floats sums = RandomFloats(width, 3);
      Floats expected_sums = sums;
      Floats mean(width);
      Floats expected(width);
      kernels_.slide_row(sums.data(), add.data(), subtract.data(), width, count, mean.data());
      Scalar().slide_row(expected_sums.data(), add.data(), subtract.data(), width, count, expected.data());
      ASSERT_TRUE(SameBits(sums, expected_sums) && SameBits(mean, expected)) << width << " over " << count;
    }
  }
}

TEST_P(PdqKernelsTest, MultipliesMatrices) {
  for (const std::size_t columns : {kMatrixColumns, 2 * kMatrixColumns, 3 * kMatrixColumns, 4 * kMatrixColumns}) {
    for (const std::size_t rows : {1, 3, 16}) {
      for (const std::size_t inner : {0, 1, 2, 64}) {
        const Floats a = RandomFloats(rows * inner, 4);
        const Floats b = RandomFloats(inner * columns, 5);
        Floats product(rows * columns);
        Floats expected(rows * columns);
        kernels_.multiply(a.data(), rows, inner, b.data(), columns, product.data());
        Scalar().multiply(a.data(), rows, inner, b.data(), columns, expected.data());
        ASSERT_TRUE(SameBits(product, expected)) << rows << "x" << inner << "x" << columns;
      }
    }
  }
}

TEST_P(PdqKernelsTest, AllKernelsGiveTheSameHash) {
  std::mt19937 random(6);
  for (int i = 0; i < 40; ++i) {
    const int width = 5 + static_cast<int>(random() % (i < 30 ? 200 : 900));
    const int height = 5 + static_cast<int>(random() % (i < 30 ? 200 : 900));
    const Floats luma = RandomFloats(static_cast<std::size_t>(width) * static_cast<std::size_t>(height),
                                     static_cast<uint32_t>(random()));
    const PdqFinding found = HashLuma(luma, width, height, kernels_);
    const PdqFinding expected = HashLuma(luma, width, height, Scalar());
    ASSERT_EQ(HammingDistance(found.hash, expected.hash), 0) << width << "x" << height;
    ASSERT_EQ(found.quality, expected.quality) << width << "x" << height;
  }
}

}  // namespace
}  // namespace calotype
