// What is checked before a library reads a file. The end-to-end test (tests/limits_test.py) has whole files.
#include "photo/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "photo/exif_limits.h"
#include "photo/frames.h"
#include "photo/heif_work.h"
#include "photo/jpeg_markers.h"
#include "photo/png_limits.h"
#include "photo/test_data.h"
#include "photo/xmp_limits.h"

namespace calotype {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::vector<uint8_t> Bytes(std::string_view text) { return {text.begin(), text.end()}; }

TEST(CheckWork, GrowsWithTheFile) {
  EXPECT_TRUE(CheckWork(kFreeSamples, 0, {}).ok());
  EXPECT_TRUE(CheckWork(kFreeSamples + 300'000, 1000, {}).ok());
  const Status over = CheckWork(kFreeSamples + 300'001, 1000, {});
  EXPECT_TRUE(absl::IsResourceExhausted(over));
  EXPECT_EQ(Message(over),
            "decoding it means to compute 200300001 samples from a file of 1000 bytes, the limit is 200300000: 200 "
            "million, and 300 for each byte (limits.samples_per_byte)");
}

// A panorama of 500 megapixels at a low quality, and a phone's photo of 200 that is nearly black.
TEST(CheckWork, LeavesLargePhotosAlone) {
  EXPECT_TRUE(CheckWork(750'000'000, 6'000'000, {}).ok());
  EXPECT_TRUE(CheckWork(600'000'000, 2'000'000, {}).ok());
}

std::string Properties(int count) {
  std::string packet = "<x:xmpmeta><rdf:RDF><rdf:Description rdf:about=\"\">";
  for (int i = 0; i < count; ++i) {
    packet += "<q:p" + std::to_string(i) + ">1</q:p" + std::to_string(i) + ">";
  }
  return packet + "</rdf:Description></rdf:RDF></x:xmpmeta>";
}

TEST(CheckXmp, CountsPropertiesOfOneStructure) {
  EXPECT_TRUE(CheckXmp(Properties(1990), {}).ok());
  const Status over = CheckXmp(Properties(2001), {});
  EXPECT_TRUE(absl::IsResourceExhausted(over));
  EXPECT_THAT(Message(over), HasSubstr("properties in one structure, the limit is 2000 (limits.xmp_properties)"));
  EXPECT_TRUE(CheckXmp(Properties(2001), {.max_xmp_properties = 3000}).ok());
}

// A long history of edits has a few hundred structures with ten properties.
TEST(CheckXmp, CountsPropertiesOfAllStructures) {
  const auto structures = [](int count) {
    std::string packet = "<rdf:RDF><rdf:Description><a:b><rdf:Seq>";
    for (int i = 0; i < count; ++i) {
      packet += "<rdf:li a:c='1' a:d='2' a:e='3' a:f='4' a:g='5' a:h='6' a:i='7' a:j='8' a:k='9' a:l='10'/>";
    }
    return packet;
  };
  EXPECT_TRUE(CheckXmp(structures(19'000), {}).ok());
  EXPECT_THAT(Message(CheckXmp(structures(20'000), {})),
              HasSubstr("the limit is 200000: 100 times limits.xmp_properties"));
}

TEST(CheckXmp, CountsAttributesAndSplitDescriptions) {
  std::string attributes = "<rdf:RDF><rdf:Description";
  std::string split = "<rdf:RDF>";
  for (int i = 0; i < 1001; ++i) {
    attributes += " a:p" + std::to_string(i) + "=\"a > b / '\"" + "\n b:p" + std::to_string(i) + "='1'";
    split += "<rdf:Description a:p" + std::to_string(i) + "='' b:p=''/>";
  }
  EXPECT_FALSE(CheckXmp(attributes + "/></rdf:RDF>", {}).ok());
  EXPECT_FALSE(CheckXmp(split + "</rdf:RDF>", {}).ok());
  EXPECT_TRUE(CheckXmp(attributes + "/></rdf:RDF>", {.max_xmp_properties = 2010}).ok());
}

TEST(CheckXmp, EntriesOfListsDoNotCount) {
  std::string list = "<a:b><rdf:Seq>";
  std::string false_list = "<a:b><q:Seq>";
  for (int i = 0; i < 5000; ++i) {
    list += "<rdf:li a:x='1' a:y='2'><a:z>3</a:z></rdf:li>";
    false_list += "<q" + std::to_string(i) + ":li>1</q" + std::to_string(i) + ":li>";
  }
  EXPECT_TRUE(CheckXmp(list + "</rdf:Seq></a:b>", {}).ok());
  EXPECT_FALSE(CheckXmp(false_list + "</q:Seq></a:b>", {}).ok()) << "these are properties";
}

TEST(CheckXmp, LimitsNestingAndEntities) {
  const auto nested = [](int depth) {
    std::string packet;
    for (int i = 0; i < depth; ++i) {
      packet += "<a>";
    }
    return packet;
  };
  EXPECT_TRUE(CheckXmp(nested(200), {}).ok());
  EXPECT_THAT(Message(CheckXmp(nested(201), {})), HasSubstr("nested more than 200 levels deep"));
  EXPECT_TRUE(absl::IsInvalidArgument(CheckXmp("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a/>", {})));
  EXPECT_TRUE(CheckXmp("<?xpacket begin='<'?><!-- <!DOCTYPE --><a><![CDATA[<!DOCTYPE]]></a>", {}).ok());
  std::string wide;  // UTF-16
  for (const char c : nested(201)) {
    wide += {c, '\0'};
  }
  EXPECT_FALSE(CheckXmp(wide, {}).ok());
  for (const std::string_view broken : {"", "<", "<a", "<a b='", "</", "<!--", "<![CDATA[", "<?", "</a></a>", "<a/"}) {
    EXPECT_TRUE(CheckXmp(broken, {}).ok()) << broken;
  }
}

// The real ones have few scans, so the work is about that of the pixels.
TEST(ReadJpegFrame, CountsTheScansOfProgressivePictures) {
  const std::vector<uint8_t> photo = TestData("photo_progressive.jpg");
  const std::optional<JpegFrame> frame = ReadJpegFrame(photo);
  ASSERT_TRUE(frame.has_value());
  EXPECT_TRUE(frame->is_held);
  EXPECT_GT(frame->work, frame->samples);
  EXPECT_LT(frame->work, 10 * frame->samples);
  const std::optional<JpegFrame> baseline = ReadJpegFrame(TestData("photo.jpg"));
  ASSERT_TRUE(baseline.has_value());
  EXPECT_FALSE(baseline->is_held);
  EXPECT_EQ(baseline->work, baseline->samples);
  EXPECT_FALSE(ReadJpegFrame(std::span(photo).first(20)).has_value());
}

TEST(HeifWork, IsThatOfThePixelsForAPlainPicture) {
  for (const char* const name : {"quarters.heic", "quarters.avif", "turned.heic"}) {
    const std::vector<uint8_t> file = TestData(name);
    const StatusOr<DecodedPhoto> photo = DecodePhoto(file, {});
    ASSERT_TRUE(photo.ok()) << Message(photo.status());
    const StatusOr<int64_t> work = HeifWork(file);
    ASSERT_TRUE(work.ok());
    EXPECT_GE(*work, int64_t{3} * photo->full_width * photo->full_height) << name;
    EXPECT_LE(*work, int64_t{6} * 64 * 64) << name;
    for (std::size_t cut = 0; cut < file.size(); cut += 7) {
      EXPECT_TRUE(HeifWork(std::span(file).first(cut)).ok());
    }
  }
}

TEST(CheckPngChunks, IgnoresWhatIsBroken) {
  const std::vector<uint8_t> file = TestData("display_p3.png");
  for (std::size_t cut = 0; cut <= file.size(); ++cut) {
    EXPECT_TRUE(CheckPngChunks(std::span(file).first(cut), {}).ok());
  }
  EXPECT_THAT(Message(CheckPngChunks(file, {.max_metadata_bytes = 100})),
              HasSubstr("the limit is 100 (limits.metadata_mb)"));
}

TEST(CheckFrames, CountsThoseOfGifAndWebp) {
  struct Case {
    const char* name;
    Status (*check)(std::span<const uint8_t> file, const DecodeLimits& limits);
  };
  for (const auto& [name, check] : {Case{"animated.gif", CheckGifFrames}, Case{"animated.webp", CheckWebpChunks}}) {
    const std::vector<uint8_t> file = TestData(name);
    const StatusOr<DecodedPhoto> photo = DecodePhoto(file, {});
    ASSERT_TRUE(photo.ok());
    EXPECT_TRUE(check(file, {.max_frames = photo->pages}).ok()) << name;
    EXPECT_THAT(Message(check(file, {.max_frames = photo->pages - 1})), HasSubstr("(limits.frames)")) << name;
  }
}

// Little-endian EXIF with one entry of each kind, whose value is the rest of the block.
std::vector<uint8_t> Exif(const std::vector<uint16_t>& tags, std::string_view rest) {
  std::vector<uint8_t> block = Bytes(std::string_view("II*\0\x08\0\0\0", 8));
  const auto put = [&block](std::size_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) {
      block.push_back(static_cast<uint8_t>(value >> 8 * i));
    }
  };
  put(tags.size(), 2);
  for (const uint16_t tag : tags) {
    put(tag, 2);
    put(1, 2);  // BYTE
    put(rest.size(), 4);
    put(8 + 2 + 12 * tags.size() + 4, 4);
  }
  put(0, 4);
  block.insert(block.end(), rest.begin(), rest.end());
  return block;
}

TEST(CheckExif, CountsSharedValues) {
  const std::string value(10'000, 'x');
  const std::vector<uint8_t> few = Exif(std::vector<uint16_t>(5, 0xC000), value);
  EXPECT_EQ(CheckExif(few, {}).bytes.data(), few.data());
  const std::vector<uint8_t> many = Exif(std::vector<uint16_t>(5000, 0xC000), value);
  EXPECT_TRUE(CheckExif(many, {}).exif.ok());
  const CheckedExif over = CheckExif(many, {.max_metadata_bytes = 1'000'000});
  EXPECT_THAT(Message(over.exif),
              AllOf(HasSubstr("its values have 50000000 bytes"), HasSubstr("(limits.metadata_mb)")));
  EXPECT_TRUE(over.bytes.empty());
}

TEST(CheckExif, TakesOutPacketsOverALimit) {
  const std::vector<uint8_t> good = Exif({700}, Properties(10));
  EXPECT_EQ(CheckExif(good, {}).bytes.data(), good.data());
  const std::vector<uint8_t> block = Exif({271, 700, 700}, Properties(3000));
  const CheckedExif checked = CheckExif(block, {});
  EXPECT_TRUE(absl::IsResourceExhausted(checked.xmp));
  ASSERT_EQ(checked.bytes.size(), block.size());
  const auto count = [&](std::size_t entry) { return checked.bytes[10 + 12 * entry + 4]; };
  EXPECT_EQ(count(1) + count(2), 0) << "the packets have no value";
  EXPECT_EQ(checked.bytes[10 + 4], block[10 + 4]) << "the other tag does";
}

TEST(CheckExif, EndsInACircle) {
  std::vector<uint8_t> block = Exif({34665}, "");
  block[18] = 8;  // the EXIF directory is the first one
  block[14] = 1;
  EXPECT_TRUE(CheckExif(block, {}).exif.ok());
}

}  // namespace
}  // namespace calotype
