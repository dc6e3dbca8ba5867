// The format zoo: a small picture in each kind of each format, compared with what other programs show. The files and
// zoo.tsv are made by tools/parity/zoo/make_golden.py, which explains the tolerances.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "photo/photo_reader.h"
#include "photo/test_data.h"

namespace calotype {
namespace {

constexpr std::size_t kCuts = 10;
constexpr int kNewerTolerance = 2;

struct Animal {
  std::string name;
  std::string format;
  std::string picture;  // a file with its pixels; or the name of an error
  std::string rest;     // the tolerance; or a part of the message
  std::string newer;    // another file with pixels: what newer libraries show. May be empty

  bool is_refused() const { return !picture.ends_with(".ppm"); }
};

void PrintTo(const Animal& animal, std::ostream* out) { *out << animal.name; }

std::vector<std::string> SplitAt(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::vector<Animal> Animals() {
  const std::vector<uint8_t> table = TestData("zoo/zoo.tsv");
  std::vector<Animal> animals;
  for (const std::string& line : SplitAt({reinterpret_cast<const char*>(table.data()), table.size()}, '\n')) {
    const std::vector<std::string> fields = SplitAt(line, '\t');
    animals.push_back({.name = fields.at(0),
                       .format = fields.at(1),
                       .picture = fields.at(2),
                       .rest = fields.at(3),
                       .newer = fields.size() > 4 ? fields[4] : ""});
  }
  return animals;
}

StatusOr<DecodedPhoto> Decode(std::span<const uint8_t> file) {
  static const std::unique_ptr<PhotoReader> reader = CreateInProcessReader();
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd open, MakeMemoryFile("zoo", file));
  CALOTYPE_ASSIGN_OR_RETURN(DecodeAnswer answer, reader->Decode({.photo = open.get(), .sidecars = {}, .limits = {}}));
  return *std::move(answer.photo);
}

// How far `image` is from the picture of the golden file `name`, "P6 WIDTH HEIGHT 255" and pixels. Empty when it is
// near enough.
std::string DifferenceFrom(const std::string& name, const Image& image, int tolerance) {
  const std::vector<uint8_t> golden = TestData("zoo/" + name);
  const auto end = std::ranges::find(golden, '\n');
  const std::vector<std::string> head = SplitAt(std::string(golden.begin(), end), ' ');
  const std::span<const uint8_t> pixels(end + 1, golden.end());
  const std::string size = std::to_string(image.width()) + " " + std::to_string(image.height());
  if (size != head.at(1) + " " + head.at(2)) {
    return "its size is " + size + ", not " + head.at(1) + " " + head.at(2);
  }
  int largest = 0;
  std::size_t where = 0;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (std::abs(pixels[i] - image.pixels()[i]) > largest) {
      largest = std::abs(pixels[i] - image.pixels()[i]);
      where = i;
    }
  }
  if (largest <= tolerance) {
    return {};
  }
  const std::size_t pixel = where / Image::kChannels;
  const auto width = static_cast<std::size_t>(image.width());
  return "channel " + std::to_string(where % Image::kChannels) + " of pixel " + std::to_string(pixel % width) + "," +
         std::to_string(pixel / width) + " is " + std::to_string(image.pixels()[where]) + ", not " +
         std::to_string(pixels[where]) + " (tolerance " + std::to_string(tolerance) + ")";
}

// As above, for what `animal` is to look like.
std::string DifferenceFrom(const Animal& animal, const Image& image) {
  if (!animal.newer.empty() && DifferenceFrom(animal.newer, image, kNewerTolerance).empty()) {
    return {};
  }
  if (animal.is_refused()) {
    return "it is not refused";
  }
  int tolerance = 0;
  std::from_chars(animal.rest.data(), animal.rest.data() + animal.rest.size(), tolerance);
  return DifferenceFrom(animal.picture, image, tolerance);
}

class Zoo : public testing::TestWithParam<Animal> {};

TEST_P(Zoo, IsShownAsOtherProgramsShowIt) {
  const Animal& animal = GetParam();
  const StatusOr<DecodedPhoto> photo = Decode(TestData("zoo/" + animal.name));
  if (animal.is_refused() && !(photo.ok() && DifferenceFrom(animal, photo->image).empty())) {
    ASSERT_FALSE(photo.ok());
    EXPECT_EQ(absl::StatusCodeToString(photo.status().code()), animal.picture);
    EXPECT_NE(Message(photo.status()).find(animal.rest), std::string::npos) << Message(photo.status());
    return;
  }
  ASSERT_TRUE(photo.ok()) << Message(photo.status());
  EXPECT_EQ(photo->damage, "");
  EXPECT_EQ(FormatName(photo->format), animal.format);
  const int reduction = photo->format == PhotoFormat::kRaw ? 2 : 1;  // developed at half the size
  EXPECT_EQ(photo->full_width, photo->image.width() * reduction);
  EXPECT_EQ(photo->full_height, photo->image.height() * reduction);
  EXPECT_EQ(DifferenceFrom(animal, photo->image), "");
}

// A file that is cut short is refused, or says so, or it lacks nothing that is shown.
TEST_P(Zoo, IsNeverShownWronglyWhenItIsCutShort) {
  const Animal& animal = GetParam();
  const std::vector<uint8_t> whole = TestData("zoo/" + animal.name);
  for (std::size_t i = 0; i < kCuts; ++i) {
    const std::size_t length = whole.size() * (2 * i + 1) / (2 * kCuts);
    const StatusOr<DecodedPhoto> photo = Decode(std::span(whole).first(length));
    SCOPED_TRACE(testing::Message() << length << " of " << whole.size() << " bytes");
    if (!photo.ok()) {
      EXPECT_NE(photo.status().code(), absl::StatusCode::kInternal) << Message(photo.status());
      EXPECT_NE(Message(photo.status()), "");
      EXPECT_EQ(Message(photo.status()).find("()"), std::string::npos) << Message(photo.status());
    } else if (photo->damage.empty()) {
      EXPECT_EQ(DifferenceFrom(animal, photo->image), "");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Animals, Zoo, testing::ValuesIn(Animals()), [](const auto& test) {
  std::string name = test.param.name;
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

}  // namespace
}  // namespace calotype
