// Compares the inputs of the networks with those of RapidOCR, for photos of many sizes and lines of many shapes
// (testdata/lines_golden.json, made by tools/parity/ocr/make_golden.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "analysis/ocr/detection_input.h"
#include "analysis/ocr/line_image.h"
#include "base/file.h"
#include "base/source_dir.h"

namespace calotype {
namespace {

using Json = nlohmann::json;

// Tolerance for cubic interpolation in floats, whose order of operations may differ.
constexpr double kGreyLevel = 1;
constexpr double kGreyLevelInTensor = kGreyLevel / 127.5;
constexpr double kOftenEnough = 0.995;  // this share of the values must be equal

const Json& Golden() {
  static const Json kGolden = [] {
    const auto text = ReadTextFile(SourceDir() / "src/analysis/ocr/testdata/lines_golden.json");
    return text.ok() ? Json::parse(*text)["cases"] : Json::array();
  }();
  return kGolden;
}

// Computes the same as picture() in make_golden.py.
Image Draw(const Json& picture) {
  const int width = picture[0];
  const int height = picture[1];
  const int seed = picture[2];
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* const pixel = image.row(y) + std::ptrdiff_t{3} * x;
      pixel[0] = static_cast<uint8_t>((x * 7 + y * 3 + seed * 31) % 256);
      pixel[1] = static_cast<uint8_t>((x / 4 + y / 3 + seed) % 5 * 60);
      pixel[2] = static_cast<uint8_t>((x * y / 5 + seed * 17) % 256);
    }
  }
  return image;
}

// Counts the compared values and those that differ; each must be within the tolerance.
class Comparison {
 public:
  template <typename Values>
  void Compare(const Values& values, const Json& samples, double tolerance, const std::string& what) {
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const double value = values[i * (values.size() - 1) / (samples.size() - 1)];
      const double apart = std::abs(value - samples[i].get<double>());
      EXPECT_LE(apart, tolerance + 1e-4) << what << ", sample " << i;
      ++compared_;
      unequal_ += apart > 1e-4 ? 1 : 0;
    }
  }

  ~Comparison() {
    EXPECT_GT(compared_, 1500U);
    EXPECT_LE(static_cast<double>(unequal_), (1 - kOftenEnough) * static_cast<double>(compared_));
  }

  Comparison() = default;
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;

 private:
  std::size_t compared_ = 0;
  std::size_t unequal_ = 0;
};

std::vector<LineImage> Cut(const Json& golden) {
  const Image picture = Draw(golden["picture"]);
  std::vector<LineImage> lines;
  for (const Json& line : golden["lines"]) {
    Quad quad;
    std::ranges::transform(line["quad"], quad.begin(), [](const Json& p) { return Point{p[0], p[1]}; });
    lines.push_back(CutLine(picture, quad));
  }
  return lines;
}

// Our batches for `golden_batch`: one, or several where the memory limit splits RapidOCR's batch.
std::vector<float> Together(std::span<const LineImage> lines, std::span<const LineBatch>& batches,
                            const nlohmann::json& golden_batch, const LineFormat& format) {
  const std::vector<int64_t> shape = golden_batch["shape"];
  std::vector<float> values;
  for (int64_t count = 0; count < shape[0] && !batches.empty(); batches = batches.subspan(1)) {
    const Tensor tensor = ToLineTensor(lines, batches.front(), format);
    EXPECT_LE(count + tensor.dim(0), shape[0]);
    EXPECT_EQ(tensor.dim(2), shape[2]);
    EXPECT_EQ(tensor.dim(3), shape[3]);
    count += tensor.dim(0);
    values.insert(values.end(), tensor.data<float>().begin(), tensor.data<float>().end());
  }
  return values;
}

TEST(LinesGoldenTest, ScalesThePhotoToTheSameSize) {
  std::size_t compared = 0;
  for (const Json& golden : Golden()) {
    if (golden.contains("photo")) {
      const DetectionInput input = PlanDetection({golden["photo"][0], golden["photo"][1]}, {});
      EXPECT_EQ(Json({input.scaled.width, input.scaled.height}), golden["scaled"]) << golden;
      EXPECT_EQ(Json({input.network.width, input.network.height}), golden["network"]) << golden;
      EXPECT_EQ(input.pad_y, golden["pad_y"].get<int>()) << golden;
      EXPECT_EQ(input.pad_x, 0) << golden;
      ++compared;
    }
  }
  EXPECT_GE(compared, 25U);
}

TEST(LinesGoldenTest, CutsTheSameLines) {
  Comparison comparison;
  for (const Json& golden : Golden()) {
    if (!golden.contains("lines")) {
      continue;
    }
    const std::vector<LineImage> lines = Cut(golden);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const Json& expected = golden["lines"][i];
      ASSERT_EQ(Json({lines[i].image.width(), lines[i].image.height()}), expected["size"]) << expected["quad"];
      comparison.Compare(lines[i].image.pixels(), expected["samples"], kGreyLevel, expected["quad"].dump());
    }
  }
}

TEST(LinesGoldenTest, MakesTheSameBatches) {
  const std::map<std::string, LineFormat> networks = {
      {"recognise", {}},
      {"orient", {.height = 48, .min_width = 192, .max_width = 192}},
      {"orient_v5", {.height = 80, .min_width = 160, .max_width = 160}},
  };
  Comparison comparison;
  for (const Json& golden : Golden()) {
    if (!golden.contains("lines")) {
      continue;
    }
    const std::vector<LineImage> lines = Cut(golden);
    for (const auto& [network, format] : networks) {
      const std::vector<LineBatch> batches = PlanBatches(lines, format);
      std::span<const LineBatch> left = batches;
      for (const Json& expected : golden[network]) {
        const std::vector<float> values = Together(lines, left, expected, format);
        ASSERT_EQ(values.size(),
                  std::accumulate(expected["shape"].begin(), expected["shape"].end(), std::size_t{1},
                                  [](std::size_t n, const Json& side) { return n * side.get<std::size_t>(); }));
        comparison.Compare(values, expected["samples"], kGreyLevelInTensor, network);
      }
      EXPECT_TRUE(left.empty()) << network;
    }
  }
}

}  // namespace
}  // namespace calotype
