// Compares regions with those of RapidOCR's own post-processing (testdata/regions_golden.json, made by
// tools/parity/ocr/make_golden.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/ocr/text_regions.h"
#include "base/file.h"
#include "base/source_dir.h"

namespace calotype {
namespace {

constexpr float kCornerTolerance = 1;     // pixels of the picture
constexpr float kScoreTolerance = 0.02F;  // OpenCV 4.6, 4.10 and 5.0 fill polygons by a pixel differently

// Computes the same as draw() in make_golden.py.
int64_t DrawnAt(const std::vector<int64_t>& bar, int64_t x, int64_t y) {
  const int64_t along = std::abs((x - bar[0]) * bar[2] + (y - bar[1]) * bar[3]);
  const int64_t across = std::abs((y - bar[1]) * bar[2] - (x - bar[0]) * bar[3]);
  const int64_t outside = std::max({along - bar[4] * 1024, across - bar[5] * 1024, int64_t{0}});
  return bar[6] - outside * 150 / 1024;
}

std::vector<float> Draw(const std::vector<std::vector<int64_t>>& bars, PixelSize size) {
  std::vector<float> map;
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      int64_t drawn = 0;
      for (const std::vector<int64_t>& bar : bars) {
        drawn = std::max(drawn, DrawnAt(bar, x, y));
      }
      map.push_back(static_cast<float>(drawn) / 1000.0F);
    }
  }
  return map;
}

bool Near(const TextRegion& region, const nlohmann::json& expected) {
  for (std::size_t i = 0; i < region.quad.size(); ++i) {
    const nlohmann::json& corner = expected["quad"][i];
    if (std::abs(region.quad[i].x - corner[0].get<float>()) > kCornerTolerance ||
        std::abs(region.quad[i].y - corner[1].get<float>()) > kCornerTolerance) {
      return false;
    }
  }
  return std::abs(region.score - expected["score"].get<float>()) <= kScoreTolerance;
}

TEST(TextRegionsGoldenTest, FindsWhatRapidOcrFinds) {
  const auto text = ReadTextFile(SourceDir() / "src/analysis/ocr/testdata/regions_golden.json");
  ASSERT_TRUE(text.ok()) << text.status();
  const nlohmann::json cases = nlohmann::json::parse(*text)["cases"];
  std::size_t compared = 0;
  for (const nlohmann::json& golden : cases) {
    const PixelSize map{golden["map"][0], golden["map"][1]};
    const nlohmann::json& options = golden["options"];
    const auto regions = FindTextRegions(Draw(golden["bars"], map), map, {golden["picture"][0], golden["picture"][1]},
                                         {.threshold = options["threshold"],
                                          .box_threshold = options["box_threshold"],
                                          .unclip_ratio = options["unclip_ratio"],
                                          .dilation = options["dilation"]});
    ASSERT_TRUE(regions.ok()) << regions.status();
    EXPECT_EQ(regions->size(), golden["regions"].size()) << golden;
    for (const nlohmann::json& expected : golden["regions"]) {
      EXPECT_TRUE(std::ranges::any_of(*regions, [&](const TextRegion& region) { return Near(region, expected); }))
          << expected << " in " << golden;
      ++compared;
    }
  }
  EXPECT_GE(compared, 80U);
}

}  // namespace
}  // namespace calotype
