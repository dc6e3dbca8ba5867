#include "analysis/image_kernels.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "analysis/kernel_test_util.h"

namespace calotype {
namespace {

using Bytes = std::vector<uint8_t>;
using Floats = std::vector<float>;

// Each row has exactly the promised readable bytes, so a sanitizer detects reads beyond them.
Bytes RandomBytes(std::size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  Bytes bytes(count);
  for (uint8_t& byte : bytes) {
    const auto value = static_cast<uint8_t>(random());
    byte = random() % 3 != 0 ? value : value > 127 ? 255 : 0;
  }
  return bytes;
}

Floats RandomFloats(std::size_t count, uint32_t seed, float low, float high) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> numbers(low, high);
  Floats values(count);
  for (float& value : values) {
    value = numbers(random);
  }
  return values;
}

bool SameBits(const Floats& a, const Floats& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

std::vector<const uint8_t*> Pointers(const std::vector<Bytes>& rows) {
  std::vector<const uint8_t*> pointers;
  for (const Bytes& row : rows) {
    pointers.push_back(row.data());
  }
  return pointers;
}

template <typename T>
std::vector<T*> Pointers(std::vector<std::vector<T>>& rows) {
  std::vector<T*> pointers;
  for (std::vector<T>& row : rows) {
    pointers.push_back(row.data());
  }
  return pointers;
}

std::vector<Bytes> RandomRows(std::size_t count, std::size_t bytes) {
  std::vector<Bytes> rows;
  for (std::size_t i = 0; i < count; ++i) {
    rows.push_back(RandomBytes(bytes, static_cast<uint32_t>(bytes + i)));
  }
  return rows;
}

// Taps anywhere in a row of `width` pixels, including its first and last pixel, with weights from `weight`.
template <typename Weight, typename Make>
void PlanTaps(Axis<Weight>& axis, int width, std::size_t group, const Make& weight) {
  std::mt19937 random(static_cast<uint32_t>(width));
  for (int i = 0; i < 40; ++i) {
    const int count = 1 + static_cast<int>(random() % static_cast<uint32_t>(std::min(width, 30)));
    const int room = width - count;
    const int first = i == 0 ? 0 : i == 1 ? room : static_cast<int>(random() % static_cast<uint32_t>(room + 1));
    axis.taps.push_back({.first = first, .count = count, .weights = axis.weights.size()});
    for (int tap = 0; tap < count; ++tap) {
      axis.weights.push_back(weight(random));
    }
    axis.weights.resize((axis.weights.size() + group - 1) / group * group);
  }
}

FixedAxis FixedTaps(int width) {
  FixedAxis axis;
  // Up to an eighth of the full weight, positive or negative, so that the sum fits an int32.
  PlanTaps(axis, width, kTapGroup,
           [](auto& random) { return static_cast<int32_t>(random() % (1U << 19)) - (1 << 18); });
  SplitWeights(axis);
  return axis;
}

using ImageKernelsTest = KernelTest<ImageKernels, ImageKernelTable>;

INSTANTIATE_TEST_SUITE_P(All, ImageKernelsTest, testing::ValuesIn(KernelNames(ImageKernelTable())), KernelTestName);

TEST_P(ImageKernelsTest, NormalisesBitForBit) {
  const std::vector<std::array<float, 2>> mean_std = {
      {0, 1}, {0, 255}, {127.5F, 127.5F}, {123.675F, 58.395F}, {103.53F, 57.375F}, {0.1F, 1e-30F}};
  for (const auto& [mean, deviation] : mean_std) {
    ChannelScale scale = MakeChannelScale(mean, deviation);
    for (const bool divide : {false, true}) {
      scale.reciprocal = divide ? 0 : scale.reciprocal;
      const std::array<ChannelScale, 3> scales = {scale, MakeChannelScale(1, 2), scale};
      for (std::size_t count = 1; count <= 300; count += count < 40 ? 1 : 13) {
        const Bytes rgb = RandomBytes(3 * count, static_cast<uint32_t>(count));
        std::vector<Floats> planes(3, Floats(count + 1, -7));
        std::vector<Floats> expected = planes;
        kernels_.normalise(rgb.data(), count, scales.data(), Pointers(planes).data());
        Scalar().normalise(rgb.data(), count, scales.data(), Pointers(expected).data());
        for (std::size_t c = 0; c < 3; ++c) {
          ASSERT_TRUE(SameBits(planes[c], expected[c])) << mean << " " << deviation << " " << count;
        }
      }
    }
  }
}

TEST_P(ImageKernelsTest, ScalesAcross) {
  for (const int width : {1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 31, 100, 1000}) {
    const FixedAxis axis = FixedTaps(width);
    const std::vector<Bytes> rows = RandomRows(kRowsAcross, 3 * static_cast<std::size_t>(width));
    std::vector<Bytes> scaled(kRowsAcross, Bytes(3 * axis.taps.size()));
    std::vector<Bytes> expected = scaled;
    kernels_.scale_across(Pointers(rows).data(), rows[0].size(), axis, Pointers(scaled).data());
    Scalar().scale_across(Pointers(rows).data(), rows[0].size(), axis, Pointers(expected).data());
    ASSERT_EQ(scaled, expected) << width;
  }
}

TEST_P(ImageKernelsTest, AveragesAcross) {
  for (const int width : {1, 2, 3, 4, 5, 17, 400}) {
    Axis<float> axis;
    PlanTaps(axis, width, 1, [](auto& random) { return static_cast<float>(random() % 1000) / 3000.0F; });
    const std::vector<Bytes> rows = RandomRows(kRowsAcross, 3 * static_cast<std::size_t>(width));
    std::vector<Floats> sums(kRowsAcross, Floats(3 * axis.taps.size() + 1));
    std::vector<Floats> expected = sums;
    kernels_.average_across(Pointers(rows).data(), rows[0].size(), axis, Pointers(sums).data());
    Scalar().average_across(Pointers(rows).data(), rows[0].size(), axis, Pointers(expected).data());
    for (std::size_t row = 0; row < kRowsAcross; ++row) {
      sums[row].pop_back();
      expected[row].pop_back();
      ASSERT_TRUE(SameBits(sums[row], expected[row])) << width;
    }
  }
}

TEST_P(ImageKernelsTest, ScalesDownAndAddsAndRounds) {
  for (std::size_t length = 1; length <= 140; ++length) {
    const std::size_t count = 1 + length % 9;
    const std::vector<Bytes> rows = RandomRows(count, length);
    const std::vector<int32_t> weights = FixedTaps(30).weights;
    Bytes bytes(length);
    Bytes expected_bytes(length);
    kernels_.scale_down(Pointers(rows).data(), weights.data(), count, length, bytes.data());
    Scalar().scale_down(Pointers(rows).data(), weights.data(), count, length, expected_bytes.data());
    ASSERT_EQ(bytes, expected_bytes) << length;

    Floats sums(length);
    Floats expected(length);
    for (uint32_t row = 0; row < 3; ++row) {
      const Floats values = RandomFloats(length, row, -50, 300);
      kernels_.add_row(values.data(), 0.3F, length, row == 0, sums.data());
      Scalar().add_row(values.data(), 0.3F, length, row == 0, expected.data());
    }
    ASSERT_TRUE(SameBits(sums, expected)) << length;
    sums[length / 2] = 2.5F;
    kernels_.round_row(sums.data(), length, bytes.data());
    Scalar().round_row(sums.data(), length, expected_bytes.data());
    ASSERT_EQ(bytes, expected_bytes) << length;
    EXPECT_EQ(bytes[length / 2], 2);
  }
}

TEST_P(ImageKernelsTest, Blends) {
  for (int width = 1; width <= 40; ++width) {
    std::vector<BlendTap> taps;
    for (int i = 0; i < 3 * width; ++i) {
      const int left = i / 3;
      taps.push_back({.left = left, .right = std::min(left + 1, width - 1), .fraction = static_cast<float>(i % 3) / 3});
    }
    const std::vector<Bytes> rows = RandomRows(2, 3 * static_cast<std::size_t>(width));
    std::vector<Floats> planes(3, Floats(taps.size() + 1, -7));
    std::vector<Floats> expected = planes;
    const BlendRows between{.top = rows[0].data(), .bottom = rows[1].data(), .fraction = 0.3F, .bytes = rows[0].size()};
    kernels_.blend(between, taps, {0.1F, 0.2F, 0.3F}, {-1, 0, 2}, Pointers(planes).data());
    Scalar().blend(between, taps, {0.1F, 0.2F, 0.3F}, {-1, 0, 2}, Pointers(expected).data());
    for (std::size_t c = 0; c < 3; ++c) {
      ASSERT_TRUE(SameBits(planes[c], expected[c])) << width;
    }
  }
}

TEST(ChannelScaleTest, HasTheExactQuotients) {
  const ChannelScale scale = MakeChannelScale(103.53F, 57.375F);
  for (std::size_t byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(scale.values[byte], (static_cast<float>(byte) - 103.53F) / 57.375F);
  }
  EXPECT_GT(scale.reciprocal, 0) << "the usual deviations need no division";
  EXPECT_EQ(MakeChannelScale(0, 1e-42F).reciprocal, 0) << "its reciprocal is infinite";
}

}  // namespace
}  // namespace calotype
