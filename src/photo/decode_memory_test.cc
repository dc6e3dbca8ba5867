#include "photo/decode_memory.h"

#include <gmock/gmock.h>

#include <string>

#include "photo/test_data.h"

namespace calotype {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

constexpr int64_t kMegabyte = 1'000'000;

struct JpegCase {
  std::string name;
  uint8_t frame;  // SOF0 or SOF2
  std::vector<uint8_t> sampling;
  int channels_of_first_scan;
  int64_t at_least_mb;
  int64_t at_most_mb;
};

void PrintTo(const JpegCase& wanted, std::ostream* out) { *out << wanted.name; }

// A header of 12000x9000 pixels, up to the first scan.
std::vector<uint8_t> JpegHeader(const JpegCase& wanted) {
  const auto channels = static_cast<uint8_t>(wanted.sampling.size());
  std::vector<uint8_t> file = {0xFF, 0xD8, 0xFF, 0xE1, 0, 4, 'x', 'x', 0xFF, 0xFF};  // a fill byte before the frame
  file.insert(file.end(), {wanted.frame, 0, static_cast<uint8_t>(8 + 3 * channels), 8, 9000 >> 8, 9000 & 255,
                           12000 >> 8, 12000 & 255, channels});
  for (uint8_t i = 0; i < channels; ++i) {
    file.insert(file.end(), {static_cast<uint8_t>(i + 1), wanted.sampling[i], 0});
  }
  const auto scanned = static_cast<uint8_t>(wanted.channels_of_first_scan);
  file.insert(file.end(), {0xFF, 0xDA, 0, static_cast<uint8_t>(6 + 2 * scanned), scanned});
  file.resize(file.size() + 64);
  return file;
}

class JpegMemoryTest : public testing::TestWithParam<JpegCase> {};

TEST_P(JpegMemoryTest, IsToldFromTheHeader) {
  const JpegCase& wanted = GetParam();
  const StatusOr<int64_t> bytes = MemoryToDecode(JpegHeader(wanted), {});
  ASSERT_TRUE(bytes.ok()) << Message(bytes.status());
  EXPECT_THAT(*bytes, AllOf(Ge(wanted.at_least_mb * kMegabyte), Le(wanted.at_most_mb * kMegabyte)));
}

INSTANTIATE_TEST_SUITE_P(Kinds, JpegMemoryTest,
                         testing::Values(JpegCase{"rows", 0xC0, {0x22, 0x11, 0x11}, 3, 20, 100},
                                         JpegCase{"grey", 0xC0, {0x11}, 1, 20, 100},
                                         JpegCase{"progressive_420", 0xC2, {0x22, 0x11, 0x11}, 3, 324, 410},
                                         JpegCase{"progressive_444", 0xC2, {0x11, 0x11, 0x11}, 3, 648, 730},
                                         JpegCase{"progressive_grey", 0xC2, {0x11}, 1, 216, 300},
                                         JpegCase{"channels_apart", 0xC0, {0x11, 0x11, 0x11}, 1, 648, 730}),
                         [](const auto& test) { return test.param.name; });

TEST(DecodeMemory, EveryFormatOfTheTestDataTellsMoreThanItsPixels) {
  for (const char* name : {"quarters.png", "quarters.webp", "quarters.tif", "quarters.gif", "quarters.heic",
                           "quarters.avif", "quarters.jxl", "orientation_6.jpg"}) {
    const std::vector<uint8_t> file = TestData(name);
    const StatusOr<int64_t> bytes = MemoryToDecode(file, {});
    ASSERT_TRUE(bytes.ok()) << name << Message(bytes.status());
    EXPECT_GT(*bytes, static_cast<int64_t>(file.size()) + int64_t{48} * 32 * 3) << name;
    EXPECT_LT(*bytes, 30 * kMegabyte) << name;
  }
}

TEST(DecodeMemory, WhatTheDecoderRefusesIsRefused) {
  const std::vector<uint8_t> header = JpegHeader({"", 0xC2, {0x11}, 1, 0, 0});
  EXPECT_THAT(Message(MemoryToDecode(header, {.max_pixels = 1000}).status()), HasSubstr("limits.pixels"));
  EXPECT_THAT(Message(MemoryToDecode({}, {}).status()), HasSubstr("empty"));
  const std::vector<uint8_t> text = {'n', 'o', 'n', 'e'};
  EXPECT_THAT(Message(MemoryToDecode(text, {}).status()), HasSubstr("not a photo"));
}

TEST(DecodeMemory, AHeaderThatIsCutShortAnywhereIsSafe) {
  const std::vector<uint8_t> header = JpegHeader({"", 0xC2, {0x22, 0x11, 0x11}, 3, 0, 0});
  for (std::size_t size = 3; size < header.size(); ++size) {
    const StatusOr<int64_t> bytes = MemoryToDecode(std::span(header).first(size), {});
    EXPECT_TRUE(bytes.ok() || absl::IsInvalidArgument(bytes.status())) << size;
  }
}

}  // namespace
}  // namespace calotype
