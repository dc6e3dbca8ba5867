#include "analysis/resample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "analysis/image_ops.h"
#include "base/file.h"
#include "base/sha256.h"
#include "base/source_dir.h"

namespace calotype {
namespace {

// tools/parity/resample/make_golden.py draws the same image.
Image Noise(int width, int height) {
  Image image(width, height);
  auto state = static_cast<uint32_t>(width * 1000 + height);
  std::size_t index = 0;
  for (uint8_t& byte : image.pixels()) {
    state = state * 1664525U + 1013904223U;
    const auto value = static_cast<uint8_t>(state >> 24U);
    const bool extreme = index++ / 3 % 3 == 0;
    byte = !extreme ? value : value > 127 ? 255 : 0;
  }
  return image;
}

bool Same(const Image& a, const Image& b) {
  return a.width() == b.width() && a.height() == b.height() && std::ranges::equal(a.pixels(), b.pixels());
}

const std::map<std::string, ResampleFilter> kFilters = {{"bilinear", ResampleFilter::kBilinear},
                                                        {"bicubic", ResampleFilter::kBicubic},
                                                        {"lanczos", ResampleFilter::kLanczos}};

TEST(ResampleTest, EqualsPillow) {
  const StatusOr<std::string> text = ReadTextFile(SourceDir() / "src/analysis/testdata/resample_golden.json");
  ASSERT_TRUE(text.ok()) << text.status();
  const nlohmann::json golden = nlohmann::json::parse(*text);
  ASSERT_GE(golden["cases"].size(), 30U);
  for (const nlohmann::json& golden_case : golden["cases"]) {
    const Image scaled = Resample(Noise(golden_case["from"][0], golden_case["from"][1]), golden_case["to"][0],
                                  golden_case["to"][1], kFilters.at(golden_case["filter"]));
    EXPECT_EQ(Sha256(scaled.pixels()).Hex(), golden_case["sha256"].get<std::string>()) << golden_case;
  }
}

TEST(ResampleTest, APartEqualsThatOfTheWhole) {
  const Image source = Noise(50, 40);
  const ResampleWindow windows[] = {{.x = 0, .y = 0, .width = 5, .height = 5},
                                    {.x = 7, .y = 3, .width = 12, .height = 9},
                                    {.x = -4, .y = -4, .width = 100, .height = 100}};
  for (const auto& [width, height] : {std::pair{25, 20}, {80, 20}, {50, 90}, {33, 40}, {50, 40}}) {
    for (const auto& [name, filter] : kFilters) {
      const Image whole = Resample(source, width, height, filter);
      for (const ResampleWindow& window : windows) {
        EXPECT_TRUE(Same(ResamplePart(source, width, height, filter, window),
                         Crop(whole, window.x, window.y, window.width, window.height)))
            << name << " " << width << "x" << height;
      }
    }
  }
}

TEST(ResampleTest, EmptyStaysEmpty) {
  const ResampleFilter filter = ResampleFilter::kBicubic;
  EXPECT_TRUE(Resample({}, 4, 4, filter).empty());
  EXPECT_TRUE(Resample(Noise(4, 4), 0, 4, filter).empty());
  EXPECT_TRUE(Resample(Noise(4, 4), 4, -1, filter).empty());
  EXPECT_TRUE(ResamplePart(Noise(4, 4), 4, 4, filter, {.x = 4, .y = 0, .width = 2, .height = 2}).empty());
}

}  // namespace
}  // namespace calotype
