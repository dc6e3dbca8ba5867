#include "photo/thumb_hash.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file.h"
#include "base/source_dir.h"

namespace calotype {
namespace {

// The formulas of tools/parity/thumb_hash/make_golden.js.
int Hills(int x, int y, int c) { return ((x + 3 * c) * (x + 7) + (y + 5) * (y + 11 * c)) % 251; }

int Edges(int x, int y, int c) { return ((x + 5) / 17 * 91 + (y + c) / 11 * 57 + x * (y + 3) * (c + 2)) % 256; }

int Noise(int x, int y, int c) {
  const uint32_t mixed = static_cast<uint32_t>(x) * 73856093U ^ static_cast<uint32_t>(y) * 19349663U ^
                         static_cast<uint32_t>(c) * 83492791U;
  return static_cast<int>(mixed * 2654435761U >> 24);
}

std::string HashOf(int (*formula)(int x, int y, int c), int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int i = 0; i < 3 * width; ++i) {
      image.row(y)[i] = static_cast<uint8_t>(formula(i / 3, y, i % 3));
    }
  }
  std::string hex;
  for (const uint8_t byte : ThumbHash(image)) {
    hex += fmt::format("{:02x}", byte);
  }
  return hex;
}

TEST(ThumbHashTest, EqualsTheReference) {
  const auto golden = nlohmann::json::parse(*ReadTextFile(SourceDir() / "src/photo/testdata/thumb_hash.json"));
  EXPECT_EQ(golden.size(), 24U);
  for (const auto& one : golden) {
    const std::string kind = one["kind"];
    const auto formula = kind == "hills" ? Hills : kind == "edges" ? Edges : Noise;
    EXPECT_EQ(HashOf(formula, one["width"], one["height"]), one["hash"].get<std::string>()) << one;
  }
}

TEST(ThumbHashTest, EveryShapeHasAHash) {
  EXPECT_TRUE(ThumbHash(Image()).empty());
  const auto grey = [](int, int, int) { return 128; };
  for (const auto& [width, height] : {std::pair(1, 1), std::pair(100, 1), std::pair(1, 100), std::pair(100, 100)}) {
    const std::string hash = HashOf(grey, width, height);
    EXPECT_GE(hash.size(), 2U * 16U);
    EXPECT_LE(hash.size(), 2U * 24U);
  }
  EXPECT_EQ(HashOf(grey, 100, 100).substr(0, 6), "200802") << "the average, and no waves";
}

}  // namespace
}  // namespace calotype
