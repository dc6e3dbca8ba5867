#include "analysis/ocr/line_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>

namespace calotype {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Pair;

// The red channel encodes the column, green the row.
Image Gradient(int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* const pixel = image.row(y) + std::ptrdiff_t{3} * x;
      pixel[0] = static_cast<uint8_t>(x);
      pixel[1] = static_cast<uint8_t>(y);
      pixel[2] = 7;
    }
  }
  return image;
}

Quad Rectangle(float left, float top, float right, float bottom) {
  return {Point{left, top}, {right, top}, {right, bottom}, {left, bottom}};
}

void ExpectPixel(const Image& image, int x, int y, int red, int green) {
  EXPECT_NEAR(image.row(y)[std::ptrdiff_t{3} * x], red, 1) << x << ' ' << y;
  EXPECT_NEAR(image.row(y)[std::ptrdiff_t{3} * x + 1], green, 1) << x << ' ' << y;
  EXPECT_EQ(image.row(y)[std::ptrdiff_t{3} * x + 2], 7) << x << ' ' << y;
}

TEST(PlanLineTest, TakesTheLongerOfOppositeSides) {
  const LineGeometry line = PlanLine({Point{0, 0}, {100, 0}, {90, 31}, {0, 20}});
  EXPECT_EQ(line.width, 100);
  EXPECT_EQ(line.height, 32);  // |(100, 0) - (90, 31)| = 32.6
}

TEST(PlanLineTest, VerticalTextIsRotated) {
  const LineGeometry almost_vertical = PlanLine(Rectangle(10, 10, 30, 39));
  EXPECT_FALSE(almost_vertical.vertical);
  EXPECT_TRUE(PlanLine(Rectangle(10, 10, 30, 40)).vertical);
  const LineImage vertical = CutLine(Gradient(60, 50), Rectangle(10, 10, 30, 40));
  EXPECT_EQ(vertical.image.width(), 30);
  EXPECT_EQ(vertical.image.height(), 20);
  EXPECT_EQ(vertical.quad[0].x, 30);  // the first corner is the region's top right one
  EXPECT_EQ(vertical.quad[0].y, 10);
  EXPECT_EQ(vertical.quad[1].y, 40);
}

TEST(PlanLineTest, AnEmptyRegionGivesOnePixel) {
  const LineGeometry line = PlanLine(Quad{});
  EXPECT_EQ(line.width, 1);
  EXPECT_EQ(line.height, 1);
}

TEST(CutLineTest, CutsPixelForPixel) {
  const LineImage line = CutLine(Gradient(60, 50), Rectangle(10, 20, 40, 30));
  ASSERT_EQ(line.image.width(), 30);
  ASSERT_EQ(line.image.height(), 10);
  ExpectPixel(line.image, 0, 0, 10, 20);
  ExpectPixel(line.image, 29, 9, 39, 29);
}

TEST(CutLineTest, RotatesVerticalTextToTheLeft) {
  // Like numpy.rot90: the region's right edge, from top to bottom, becomes the first row.
  const LineImage line = CutLine(Gradient(60, 50), Rectangle(10, 20, 20, 40));
  ASSERT_EQ(line.image.width(), 20);
  ASSERT_EQ(line.image.height(), 10);
  ExpectPixel(line.image, 0, 0, 19, 20);
  ExpectPixel(line.image, 19, 0, 19, 39);
  ExpectPixel(line.image, 0, 9, 10, 20);
}

TEST(TurnUpsideDownTest, TurnsPixelsAndCorners) {
  LineImage line{.image = Gradient(5, 3), .quad = Rectangle(0, 0, 5, 3)};
  TurnUpsideDown(line);
  ExpectPixel(line.image, 0, 0, 4, 2);
  ExpectPixel(line.image, 4, 2, 0, 0);
  ExpectPixel(line.image, 1, 0, 3, 2);
  EXPECT_EQ(line.quad[0].x, 5);
  EXPECT_EQ(line.quad[0].y, 3);
  EXPECT_EQ(line.quad[1].x, 0);
}

std::vector<LineImage> LinesOfWidths(std::initializer_list<int> widths) {
  std::vector<LineImage> lines;
  for (const int width : widths) {
    lines.push_back({.image = Gradient(width, 10), .quad = {}});
  }
  return lines;
}

TEST(PlanBatchesTest, PutsSimilarLinesTogether) {
  const auto batches = PlanBatches(LinesOfWidths({200, 20, 30, 100, 10, 40, 50}), {});
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_THAT(batches[0].lines, ElementsAre(4, 1, 2, 5, 6, 3));
  EXPECT_EQ(batches[0].width, 480);
  EXPECT_THAT(batches[1].lines, ElementsAre(0));
  EXPECT_EQ(batches[1].width, 960);
  EXPECT_TRUE(PlanBatches({}, {}).empty());
}

TEST(PlanBatchesTest, LimitsTheCostOfABatch) {
  // Six lines of 2400 columns make two batches, since 4 fit. The last line would need 48000 columns, so its group has
  // the maximum width.
  const auto batches = PlanBatches(LinesOfWidths({500, 500, 500, 500, 500, 500, 20, 10000}), {});
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_THAT(batches[0].lines, ElementsAre(6, 0, 1, 2));
  EXPECT_EQ(batches[0].width, 2400);
  EXPECT_THAT(batches[1].lines, ElementsAre(3, 4));
  EXPECT_EQ(batches[1].width, 2400);
  EXPECT_THAT(batches[2].lines, ElementsAre(5, 7));
  EXPECT_EQ(batches[2].width, 3200);
}

TEST(PlanBatchesTest, AFixedWidthIsKept) {
  const auto batches = PlanBatches(LinesOfWidths({5, 500}), {.height = 48, .min_width = 192, .max_width = 192});
  ASSERT_EQ(batches.size(), 1U);
  EXPECT_EQ(batches[0].width, 192);
}

TEST(PlanBatchesTest, HasFewShapesWhereTheyAreExpensive) {
  const auto batches = PlanBatches(LinesOfWidths({10, 20, 30, 70, 140, 300, 600, 900, 10000}), {.few_shapes = true});
  std::vector<std::pair<int, std::size_t>> shapes;
  std::size_t lines = 0;
  for (const LineBatch& batch : batches) {
    shapes.emplace_back(batch.width, batch.rows);
    lines += batch.lines.size();
    EXPECT_LE(batch.lines.size(), batch.rows);
  }
  EXPECT_EQ(lines, 9U);
  // The first six are a group as wide as its last line, which needs 1440.
  EXPECT_THAT(shapes, ElementsAre(Pair(2560, 1), Pair(2560, 1), Pair(2560, 1), Pair(2560, 1), Pair(2560, 1),
                                  Pair(2560, 1), Pair(3200, 1), Pair(3200, 1), Pair(3200, 1)));
  const auto narrow = PlanBatches(LinesOfWidths({10, 20, 30}), {.few_shapes = true});
  ASSERT_EQ(narrow.size(), 1U);
  EXPECT_EQ(narrow[0].width, 320);
  EXPECT_EQ(narrow[0].rows, 8U);
}

TEST(PlanBatchesTest, LinesOneByOneHaveFewWidths) {
  const auto batches = PlanBatches(LinesOfWidths({10, 66, 67, 90, 140, 300, 10000}), {.one_by_one = true});
  std::vector<std::pair<std::size_t, int>> widths;
  for (const LineBatch& batch : batches) {
    ASSERT_EQ(batch.lines.size(), 1U);
    EXPECT_EQ(batch.rows, 0U);
    widths.emplace_back(batch.lines[0], batch.width);
  }
  // The lines need 48, 316, 321, 432, 672, 1440 and more than the most columns.
  EXPECT_THAT(widths, ElementsAre(Pair(0, 320), Pair(1, 320), Pair(2, 384), Pair(3, 448), Pair(4, 768), Pair(5, 1536),
                                  Pair(6, 3200)));
}

TEST(ToLineTensorTest, RowsWithoutALineAreZero) {
  std::vector<LineImage> lines = LinesOfWidths({10});
  std::ranges::fill(lines[0].image.pixels(), uint8_t{255});
  const Tensor tensor = ToLineTensor(lines, {.lines = {0}, .width = 10, .rows = 3}, {.height = 10, .min_width = 10});
  ASSERT_EQ(tensor.shape(), (std::vector<int64_t>{3, 3, 10, 10}));
  EXPECT_THAT(tensor.data<float>().first(300), Each(1.0F));
  EXPECT_THAT(tensor.data<float>().last(600), Each(0.0F));
}

TEST(ToLineTensorTest, NormalisesInBgrOrderAndPadsWithZero) {
  std::vector<LineImage> lines = LinesOfWidths({4, 8});
  for (LineImage& line : lines) {
    std::ranges::fill(line.image.pixels(), uint8_t{255});
  }
  for (std::size_t i = 0; i < lines[0].image.pixels().size(); i += 3) {
    lines[0].image.pixels()[i] = 0;  // no red
  }
  const Tensor tensor = ToLineTensor(lines, {.lines = {1, 0}, .width = 10}, {.height = 10, .min_width = 10});
  ASSERT_EQ(tensor.shape(), (std::vector<int64_t>{2, 3, 10, 10}));
  const auto values = tensor.data<float>();
  const auto row = [&](std::size_t line, std::size_t channel, std::size_t y) {
    return values.subspan(((line * 3 + channel) * 10 + y) * 10, 10);
  };
  for (std::size_t y = 0; y < 10; ++y) {
    EXPECT_THAT(row(0, 2, y).first(8), Each(1.0F));
    EXPECT_THAT(row(0, 2, y).last(2), Each(0.0F));
    EXPECT_THAT(row(1, 0, y).first(4), Each(1.0F));   // blue
    EXPECT_THAT(row(1, 2, y).first(4), Each(-1.0F));  // red
    EXPECT_THAT(row(1, 2, y).last(6), Each(0.0F));
  }
}

TEST(ToLineTensorTest, StretchesIfTheFormatSaysSo) {
  std::vector<LineImage> lines = LinesOfWidths({4});
  std::ranges::fill(lines[0].image.pixels(), uint8_t{255});
  const Tensor tensor =
      ToLineTensor(lines, {.lines = {0}, .width = 10}, {.height = 10, .min_width = 10, .stretch = true});
  EXPECT_THAT(tensor.data<float>(), Each(1.0F));
}

TEST(ToLineTensorTest, SqueezesALineThatIsTooLong) {
  const std::vector<LineImage> lines = LinesOfWidths({90});
  const Tensor tensor = ToLineTensor(lines, {.lines = {0}, .width = 10}, {.height = 10, .min_width = 10});
  const auto red = tensor.data<float>().subspan(200, 10);
  EXPECT_NEAR(red[0], (4 - 127.5F) / 127.5F, 0.02F);   // the first 9 columns of 90
  EXPECT_NEAR(red[9], (85 - 127.5F) / 127.5F, 0.02F);  // the last 9
}

}  // namespace
}  // namespace calotype
