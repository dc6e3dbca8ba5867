#include "photo/sniff.h"

#include <gtest/gtest.h>

#include <string>

#include "photo/test_data.h"

namespace calotype {
namespace {

using namespace std::string_literals;

struct SniffCase {
  std::string head;
  PhotoFormat format;
};

PhotoFormat Sniff(const std::string& head) { return SniffFormat(std::vector<uint8_t>(head.begin(), head.end())); }

TEST(SniffFormat, KnowsFormatsByTheirFirstBytes) {
  const std::vector<SniffCase> cases = {
      {"\xFF\xD8\xFF\xE0"s, PhotoFormat::kJpeg},
      {"\x89PNG\r\n\x1A\n"s, PhotoFormat::kPng},
      {"RIFF\x10\0\0\0WEBPVP8 "s, PhotoFormat::kWebp},
      {"RIFF\x10\0\0\0WAVEfmt "s, PhotoFormat::kUnknown},
      {"GIF89a"s, PhotoFormat::kGif},
      {"II*\0\x08\0\0\0"s, PhotoFormat::kTiff},
      {"MM\0*\0\0\0\x08"s, PhotoFormat::kTiff},
      {"II+\0\x08\0\0\0"s, PhotoFormat::kTiff},
      {"\0\0\0\x18"
       "ftypheic\0\0\0\0mif1heic"s,
       PhotoFormat::kHeic},
      {"\0\0\0\x18"
       "ftypmif1\0\0\0\0mif1heic"s,
       PhotoFormat::kHeic},
      {"\0\0\0\x1C"
       "ftypmif1\0\0\0\0mif1miafavif"s,
       PhotoFormat::kAvif},
      {"\0\0\0\x18"
       "ftypavif\0\0\0\0mif1miaf"s,
       PhotoFormat::kAvif},
      {"\0\0\0\x18"
       "ftypmp42\0\0\0\0isommp42"s,
       PhotoFormat::kUnknown},
      {"\0\0\0\x10"
       "ftypmp42\0\0\0\0heic"s,
       PhotoFormat::kUnknown},  // a brand behind the box
      {"\0\0\0\x18"
       "ftypcrx \0\0\0\x01"
       "crx isom"s,
       PhotoFormat::kRaw},
      {"\xFF\x0A\x01"s, PhotoFormat::kJpegXl},
      {"\0\0\0\x0CJXL \r\n\x87\n"s, PhotoFormat::kJpegXl},
      {"II*\0\x10\0\0\0CR\x02\0"s, PhotoFormat::kRaw},
      {"FUJIFILMCCD-RAW 0201"s, PhotoFormat::kRaw},
      {"IIRO\x08\0\0\0"s, PhotoFormat::kRaw},
      {"IIU\0\x18\0\0\0"s, PhotoFormat::kRaw},
      {"II\x1A\0\0\0HEAPCCDR"s, PhotoFormat::kRaw},
      {"FOVb"s, PhotoFormat::kRaw},
      {""s, PhotoFormat::kUnknown},
      {"\xFF"s, PhotoFormat::kUnknown},
      {"hello"s, PhotoFormat::kUnknown},
      {"II"s, PhotoFormat::kUnknown},
  };
  for (const SniffCase& wanted : cases) {
    EXPECT_EQ(Sniff(wanted.head), wanted.format) << testing::PrintToString(wanted.head);
  }
}

// A one-directory TIFF with one entry, little-endian or big-endian.
std::string TiffWith(uint16_t tag, uint16_t value, bool big_endian = false) {
  const auto number = [&](uint32_t n, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) {
      text += static_cast<char>(n >> 8 * (big_endian ? bytes - 1 - i : i));
    }
    return text;
  };
  const std::string entry = number(tag, 2) + number(3, 2) + number(1, 4) + number(value, 2) + number(0, 2);
  return (big_endian ? "MM"s : "II"s) + number(42, 2) + number(8, 4) + number(1, 2) + entry + number(0, 4);
}

TEST(SniffFormat, TellsRawFromTiff) {
  constexpr uint16_t kPhotometric = 0x0106;
  constexpr uint16_t kCompression = 0x0103;
  for (const bool big_endian : {false, true}) {
    EXPECT_EQ(Sniff(TiffWith(kPhotometric, 32803, big_endian)), PhotoFormat::kRaw);
    EXPECT_EQ(Sniff(TiffWith(kPhotometric, 2, big_endian)), PhotoFormat::kTiff);
    EXPECT_EQ(Sniff(TiffWith(kCompression, 34713, big_endian)), PhotoFormat::kRaw);
    EXPECT_EQ(Sniff(TiffWith(kCompression, 7, big_endian)), PhotoFormat::kTiff);
    EXPECT_EQ(Sniff(TiffWith(0xC612, 1, big_endian)), PhotoFormat::kRaw);
  }
  EXPECT_EQ(SniffFormat(TestData("sensor.dng")), PhotoFormat::kRaw);
  EXPECT_EQ(SniffFormat(TestData("quarters.tif")), PhotoFormat::kTiff) << "a camera's name makes no RAW";
  EXPECT_TRUE(IsRawTiff(TestData("preview.dng")));
}

TEST(SniffFormat, FollowsNoDirectoryTwice) {
  std::string tiff = TiffWith(0x0106, 2);
  tiff[22] = 8;  // the next directory is the first
  EXPECT_EQ(Sniff(tiff), PhotoFormat::kTiff);
}

TEST(FormatName, NamesEach) {
  EXPECT_EQ(FormatName(PhotoFormat::kJpeg), "JPEG");
  EXPECT_EQ(FormatName(PhotoFormat::kJpegXl), "JPEG XL");
  EXPECT_EQ(FormatName(PhotoFormat::kUnknown), "unknown");
}

}  // namespace
}  // namespace calotype
