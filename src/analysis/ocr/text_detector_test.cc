#include "analysis/ocr/text_detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "analysis/fake_engine.h"

namespace calotype {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// A network that detects red pixels as text and counts the pixels of its inputs.
class RedDetector {
 public:
  explicit RedDetector(std::string device = "cpu") : device_(std::move(device)) {}

  FakeSession& session() { return session_; }
  int64_t pixels() const { return pixels_; }

 private:
  StatusOr<std::vector<Tensor>> Run(std::span<const Tensor> inputs) {
    const Tensor& input = inputs.front();
    Tensor map(ElementType::kFloat32, {1, 1, input.dim(2), input.dim(3)});
    pixels_ += static_cast<int64_t>(map.elements());
    const auto red = input.data<float>().last(map.elements());  // channels are in BGR order
    std::ranges::transform(red, map.data<float>().begin(), [](float value) { return std::clamp(value, 0.0F, 0.9F); });
    return std::vector<Tensor>{map};
  }

  const std::vector<TensorInfo> one_ = {{.name = "x", .type = ElementType::kFloat32, .shape = {}}};
  int64_t pixels_ = 0;
  const std::string device_;
  FakeSession session_{{.inputs = one_,
                        .outputs = one_,
                        .metadata = {},
                        .run = [this](std::span<const Tensor> inputs) { return Run(inputs); },
                        .device = device_}};
};

struct Line {
  int x, y, width, height;
  uint8_t red = 255;
  int every = 1;  // paint only every n-th row
};

// Text that a copy of a third of the size misses: one row of three, and not in full red.
Line Faint(Line line) {
  line.red = 140;
  line.every = 3;
  return line;
}

constexpr int kWidth = 1920;
constexpr int kHeight = 1408;

Image PhotoWith(const std::vector<Line>& lines) {
  Image photo(kWidth, kHeight);
  std::ranges::fill(photo.pixels(), uint8_t{0});
  for (const Line& line : lines) {
    for (int y = line.y; y < line.y + line.height; y += line.every) {
      for (int x = line.x; x < line.x + line.width; ++x) {
        photo.row(y)[std::ptrdiff_t{3} * x] = line.red;
      }
    }
  }
  return photo;
}

DetectorSettings Settings(int coarse_side) {
  DetectorSettings settings;
  settings.coarse_side = coarse_side;
  settings.regions.box_threshold = 0.1;
  settings.normalisation = {.mean = {0, 0, 0}, .std = {255, 255, 255}, .bgr = true};
  return settings;
}

// Checks that two passes find the same as one full pass. Returns the factor by which they use fewer pixels.
double Saved(const std::vector<Line>& lines, std::size_t regions) {
  const Image photo = PhotoWith(lines);
  RedDetector all;
  RedDetector some;
  const auto expected = DetectText(all.session(), photo, Settings(0));
  const auto found = DetectText(some.session(), photo, Settings(640));
  EXPECT_TRUE(expected.ok() && found.ok());
  EXPECT_THAT(expected->regions, SizeIs(regions));
  EXPECT_EQ(found->regions.size(), expected->regions.size());
  for (std::size_t i = 0; i < std::min(found->regions.size(), expected->regions.size()); ++i) {
    const TextRegion& region = found->regions[i];
    const TextRegion& same = expected->regions[i];
    EXPECT_EQ(region.score, same.score);
    for (std::size_t corner = 0; corner < 4; ++corner) {
      EXPECT_EQ(region.quad[corner].x, same.quad[corner].x) << "region " << i;
      EXPECT_EQ(region.quad[corner].y, same.quad[corner].y) << "region " << i;
    }
  }
  return static_cast<double>(all.pixels()) / static_cast<double>(some.pixels());
}

TEST(TextDetectorTest, ACoarsePassFindsTheSameForLess) {
  EXPECT_GT(Saved({}, 0), 8);
  EXPECT_GT(Saved({{300, 200, 200, 20}}, 1), 5);
  EXPECT_GT(Saved({{300, 200, 200, 20}, {1500, 1200, 300, 30}, {0, 0, 60, 12}}, 3), 3);
  EXPECT_GT(Saved({{10, 700, 1900, 16}}, 1), 2);  // from edge to edge
}

TEST(TextDetectorTest, ALineFoundInPartIsFollowedToItsEnd) {
  EXPECT_GT(Saved({{300, 200, 200, 20}, Faint({500, 200, 200, 20})}, 1), 4);
}

TEST(TextDetectorTest, AnEndlessLineNeedsAFullPass) {
  EXPECT_LT(Saved({{100, 200, 100, 20}, Faint({200, 200, 1500, 20})}, 1), 1);
}

TEST(TextDetectorTest, APhotoFullOfTextGetsOneFullPass) {
  std::vector<Line> lines;
  for (int y = 20; y + 40 < kHeight; y += 60) {
    lines.push_back({40, y, kWidth - 80, 20});
  }
  const double saved = Saved(lines, lines.size());
  EXPECT_LT(saved, 1);
  EXPECT_GT(saved, 0.8);
}

TEST(TextDetectorTest, WhereShapesAreExpensiveAPhotoGetsOneFullPass) {
  RedDetector detector("cuda");
  const auto found = DetectText(detector.session(), PhotoWith({{300, 200, 200, 20}}), Settings(640));
  ASSERT_TRUE(found.ok());
  EXPECT_THAT(found->regions, SizeIs(1));
  EXPECT_EQ(detector.session().runs(), 1);
  EXPECT_EQ(detector.pixels(), int64_t{kWidth} * kHeight);
}

TEST(TextDetectorTest, SmallPhotosGetOneFullPass) {
  RedDetector detector;
  Image photo(800, 768);
  std::ranges::fill(photo.pixels(), uint8_t{0});
  const auto found = DetectText(detector.session(), photo, Settings(640));
  ASSERT_TRUE(found.ok());
  EXPECT_THAT(found->regions, IsEmpty());
  EXPECT_EQ(detector.session().runs(), 1);
  EXPECT_EQ(detector.pixels(), 800 * 768);
}

}  // namespace
}  // namespace calotype
