#include "analysis/area_resize.h"

#include <gtest/gtest.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <random>
#include <utility>
#include <vector>

#include "analysis/kernel_test_util.h"

namespace calotype {
namespace {

using AverageDownTest = KernelTest<ImageKernels, ImageKernelTable>;

INSTANTIATE_TEST_SUITE_P(All, AverageDownTest, testing::ValuesIn(KernelNames(ImageKernelTable())), KernelTestName);

struct Sizes {
  int from_width, from_height, to_width, to_height;
};

// Random sizes and special ones: one pixel, one row, the same size in one direction.
std::vector<Sizes> AllSizes() {
  std::vector<Sizes> sizes = {{3, 2, 1, 1},      {5, 1, 2, 1},     {1, 5, 1, 2},       {7, 7, 7, 3},
                              {7, 7, 3, 7},      {301, 5, 300, 4}, {2000, 41, 17, 40}, {512, 300, 512, 128},
                              {640, 33, 63, 32}, {1001, 40, 2, 1}};
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    Sizes s{.from_width = 1 + static_cast<int>(random() % 300), .from_height = 1 + static_cast<int>(random() % 120)};
    s.to_width = 1 + static_cast<int>(random() % static_cast<uint32_t>(s.from_width));
    s.to_height = 1 + static_cast<int>(random() % static_cast<uint32_t>(s.from_height));
    sizes.push_back(s);
  }
  return sizes;
}

TEST_P(AverageDownTest, EqualsOpenCv) {
  std::mt19937 random(2);
  int compared = 0;
  for (const Sizes& s : AllSizes()) {
    if (!AveragesDown(s.from_width, s.from_height, s.to_width, s.to_height)) {
      continue;
    }
    cv::Mat source(s.from_height, s.from_width, CV_8UC3);
    std::generate_n(source.data, source.total() * 3, [&] { return static_cast<uint8_t>(random()); });
    cv::Mat expected;
    cv::resize(source, expected, {s.to_width, s.to_height}, 0, 0, cv::INTER_AREA);
    cv::Mat scaled(s.to_height, s.to_width, CV_8UC3);
    AverageDown({.data = source.data, .stride = source.step, .width = source.cols, .height = source.rows},
                {.data = scaled.data, .stride = scaled.step, .width = scaled.cols, .height = scaled.rows}, kernels_);
    ASSERT_EQ(cv::norm(scaled, expected, cv::NORM_INF), 0)
        << s.from_width << "x" << s.from_height << " to " << s.to_width << "x" << s.to_height;
    ++compared;
  }
  EXPECT_GT(compared, 150);
}

TEST(AveragesDownTest, OnlyWhenItShrinksByANonIntegerFactor) {
  EXPECT_TRUE(AveragesDown(2000, 1500, 512, 512));
  EXPECT_TRUE(AveragesDown(10, 10, 10, 3));
  EXPECT_FALSE(AveragesDown(10, 10, 5, 2));
  EXPECT_FALSE(AveragesDown(10, 10, 10, 10));
  EXPECT_FALSE(AveragesDown(10, 10, 11, 3));
  EXPECT_FALSE(AveragesDown(10, 10, 0, 3));
}

}  // namespace
}  // namespace calotype
