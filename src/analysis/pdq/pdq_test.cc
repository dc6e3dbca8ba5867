#include "analysis/pdq/pdq.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/image_ops.h"
#include "base/file.h"
#include "base/source_dir.h"
#include "photo/decode.h"

namespace calotype {
namespace {

// The formulas of tools/parity/pdq/make_golden.py.
int Triangle(int n, int period) { return std::abs(n % period * 2 - period) * 255 / period; }

int Noise(int x, int y, int c) {
  const uint32_t mixed = static_cast<uint32_t>(x) * 73856093U ^ static_cast<uint32_t>(y) * 19349663U ^
                         static_cast<uint32_t>(c) * 83492791U;
  return static_cast<int>(mixed * 2654435761U >> 24);
}

int Waves(int x, int y, int c) { return (Triangle(x * (c + 2), 197) + Triangle(y * 3 + x, 131)) / 2; }

int Edges(int x, int y, int c) { return (x / 37 * 91 + y / 23 * 57 + c * 29) % 256; }

int Ramp(int x, int y, int /*c*/) { return (x + y) % 256; }

using Formula = int (*)(int x, int y, int c);

Formula FormulaOf(const std::string& kind) {
  return kind == "noise" ? Noise : kind == "waves" ? Waves : kind == "edges" ? Edges : Ramp;
}

Image Draw(Formula formula, int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int i = 0; i < 3 * width; ++i) {
      image.row(y)[i] = static_cast<uint8_t>(formula(i / 3, y, i % 3));
    }
  }
  return image;
}

std::string Hex(const PdqHash& hash) {
  std::string text;
  for (const uint8_t byte : hash) {
    text += fmt::format("{:02x}", byte);
  }
  return text;
}

nlohmann::json Golden() {
  const StatusOr<std::string> text = ReadTextFile(SourceDir() / "src/analysis/pdq/testdata/golden.json");
  return text.ok() ? nlohmann::json::parse(*text) : nlohmann::json::array();
}

TEST(PdqTest, EqualsTheReferenceBitForBit) {
  const nlohmann::json golden = Golden();
  ASSERT_EQ(golden.size(), 64U);
  for (const nlohmann::json& entry : golden) {
    const std::string kind = entry["kind"];
    const Image image = Draw(FormulaOf(kind), entry["width"], entry["height"]);
    const PdqFinding found = HashPixels(image);
    const std::string name = fmt::format("{} {}x{}", kind, image.width(), image.height());
    EXPECT_EQ(Hex(found.hash), entry["hash"].get<std::string>()) << name;
    EXPECT_EQ(found.quality, entry["quality"].get<int>()) << name;
  }
}

TEST(PdqTest, SmallPhotosAreNotEnlarged) {
  for (const nlohmann::json& entry : Golden()) {
    const Image image = Draw(FormulaOf(entry["kind"]), entry["width"], entry["height"]);
    if (std::max(image.width(), image.height()) <= 512) {
      EXPECT_EQ(Hex(HashPhoto(image).hash), entry["hash"].get<std::string>()) << image.width();
    }
  }
  const Image large = Draw(Waves, 513, 300);
  EXPECT_EQ(HashPhoto(large).hash, HashPixels(Resize(large, 512, 512)).hash);
}

TEST(PdqTest, HalfOfTheBitsAreSet) {
  const PdqFinding found = HashPixels(Draw(Waves, 300, 200));
  EXPECT_EQ(HammingDistance(found.hash, PdqHash{}), 128);
  EXPECT_GE(found.quality, 50);
}

TEST(PdqTest, CopiesOfAnySizeAreNear) {
  const Image photo = Draw(Waves, 1200, 900);
  const PdqFinding whole = HashPhoto(photo);
  struct Case {
    int width;
    int height;
    int most;  // bits; Meta recommends 31 for a match
  };
  for (const Case& c : {Case{1200, 900, 0}, {900, 675, 8}, {600, 450, 12}}) {
    const PdqFinding copy = HashPhoto(Resize(photo, c.width, c.height));
    EXPECT_LE(HammingDistance(whole.hash, copy.hash), c.most) << c.width;
  }
  EXPECT_GT(HammingDistance(whole.hash, HashPhoto(Draw(Edges, 1200, 900)).hash), 80);
}

// They are not enlarged, as Meta's tool does not enlarge them: photos stay within the limit for copies.
TEST(PdqTest, SmallCopiesOfPhotosAreWithinTheLimit) {
  for (const char* const name : {"astronaut.png", "old_town.jpg", "coffee.png", "rocket.jpg"}) {
    const auto file = OpenForReading(SourceDir() / "samples" / name);
    ASSERT_TRUE(file.ok()) << file.status();
    const auto photo = DecodePhoto(file->get(), {});
    ASSERT_TRUE(photo.ok()) << photo.status();
    const Image& whole = photo->image;
    const Image copy = Resize(whole, 400, 400 * whole.height() / whole.width());
    EXPECT_LE(HammingDistance(HashPhoto(whole).hash, HashPhoto(copy).hash), 31) << name;
  }
}

TEST(PdqTest, AnalyserHashesThePhoto) {
  const Image image = Draw(Edges, 700, 40);
  Findings findings;
  const std::unique_ptr<Analyser> analyser = CreatePdqAnalyser();
  ASSERT_TRUE(analyser->Analyse({.image = image, .full_width = 1400, .full_height = 80}, findings).ok());
  ASSERT_TRUE(findings.pdq.has_value());
  EXPECT_EQ(findings.pdq->hash, HashPhoto(image).hash);
  EXPECT_EQ(analyser->name(), "pdq");
  EXPECT_EQ(analyser->device(), "cpu");
}

// Turns the pixels of `image` as the bits of `turn` say.
Image TurnedPixels(const Image& image, PdqTurn turn) {
  const auto bits = static_cast<unsigned>(turn);
  const bool transposed = (bits & 4U) != 0;
  Image turned(transposed ? image.height() : image.width(), transposed ? image.width() : image.height());
  for (int y = 0; y < turned.height(); ++y) {
    for (int x = 0; x < turned.width(); ++x) {
      const int across = (bits & 1U) != 0 ? turned.width() - 1 - x : x;
      const int down = (bits & 2U) != 0 ? turned.height() - 1 - y : y;
      const uint8_t* const from =
          image.row(transposed ? across : down) + std::ptrdiff_t{3} * (transposed ? down : across);
      std::copy_n(from, 3, turned.row(y) + std::ptrdiff_t{3} * x);
    }
  }
  return turned;
}

// The distance is within the limit for copies. Uses photos, whose spectrum has no gaps: bits of coefficients that are
// zero except for rounding are random.
TEST(PdqTurnTest, IsNearlyTheHashOfTheTurnedPixels) {
  for (const char* const name : {"cat.png", "old_town.jpg", "coffee.png", "fruits.jpg"}) {
    const auto file = OpenForReading(SourceDir() / "samples" / name);
    ASSERT_TRUE(file.ok()) << file.status();
    const auto photo = DecodePhoto(file->get(), {});
    ASSERT_TRUE(photo.ok()) << photo.status();
    const PdqHash hash = HashPhoto(photo->image).hash;
    for (int turn = 0; turn < kPdqTurns; ++turn) {
      const auto way = static_cast<PdqTurn>(turn);
      const PdqHash turned = HashPhoto(TurnedPixels(photo->image, way)).hash;
      EXPECT_LE(HammingDistance(turned, TurnedHash(hash, way)), 31) << name << " " << PdqTurnName(way);
      EXPECT_GT(HammingDistance(turned, TurnedHash(hash, PdqTurn::kNone)), turn == 0 ? -1 : 60) << PdqTurnName(way);
    }
  }
}

TEST(PdqTurnTest, CanBeUndoneAndKeepsDistances) {
  const PdqHash a = HashPhoto(Draw(Waves, 500, 400)).hash;
  const PdqHash b = HashPhoto(Draw(Edges, 500, 400)).hash;
  for (int turn = 0; turn < kPdqTurns; ++turn) {
    const auto way = static_cast<PdqTurn>(turn);
    EXPECT_EQ(TurnedHash(TurnedHash(a, way), Undo(way)), a) << PdqTurnName(way);
    EXPECT_EQ(HammingDistance(TurnedHash(a, way), TurnedHash(b, way)), HammingDistance(a, b)) << PdqTurnName(way);
  }
}

TEST(HammingDistanceTest, CountsBitsThatDiffer) {
  PdqHash a{};
  PdqHash b{};
  EXPECT_EQ(HammingDistance(a, b), 0);
  a[0] = 0x80;
  b[31] = 0x01;
  b[15] = 0xff;
  EXPECT_EQ(HammingDistance(a, b), 10);
  std::ranges::fill(a, uint8_t{0xff});
  EXPECT_EQ(HammingDistance(a, PdqHash{}), 256);
}

}  // namespace
}  // namespace calotype
