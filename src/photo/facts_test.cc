#include "photo/facts.h"

#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "photo/facts_text.h"
#include "photo/metadata.h"
#include "photo/test_data.h"

namespace calotype {
namespace {

struct FactsCase {
  std::string name;
  std::vector<uint8_t> exif;
  PhotoFacts facts;
};

std::vector<uint8_t> FromHex(const std::string& hex) {
  std::vector<uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

// The columns that facts_cases() of make_testdata.py writes.
std::vector<FactsCase> ReadCases() {
  const std::vector<uint8_t> text = TestData("facts_cases.tsv");
  std::istringstream lines(std::string(text.begin(), text.end()));
  std::vector<FactsCase> cases;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream columns(line);
    std::array<std::string, 9> column;
    for (std::string& value : column) {
      std::getline(columns, value, '\t');
    }
    FactsCase& read = cases.emplace_back(FactsCase{column[0], FromHex(column[1]), {}});
    read.facts = {.taken_at = column[2], .camera = column[3], .lens = column[4], .orientation = std::stoi(column[5])};
    if (!column[6].empty()) {
      read.facts.gps = GpsPosition{.latitude = std::stod(column[6]), .longitude = std::stod(column[7]), .altitude = {}};
      read.facts.gps->altitude = column[8].empty() ? std::nullopt : std::optional(std::stod(column[8]));
    }
  }
  return cases;
}

void ExpectSamePlace(const std::optional<GpsPosition>& found, const std::optional<GpsPosition>& wanted) {
  ASSERT_EQ(found.has_value(), wanted.has_value());
  if (wanted) {
    EXPECT_NEAR(found->latitude, wanted->latitude, 1e-6);
    EXPECT_NEAR(found->longitude, wanted->longitude, 1e-6);
    ASSERT_EQ(found->altitude.has_value(), wanted->altitude.has_value());
    EXPECT_NEAR(found->altitude.value_or(0), wanted->altitude.value_or(0), 1e-6);
  }
}

TEST(FactsFromExif, ReadsWhatIsThereAndLeavesOutWhatIsBroken) {
  const std::vector<FactsCase> cases = ReadCases();
  EXPECT_GT(cases.size(), 40U);
  for (const FactsCase& wanted : cases) {
    SCOPED_TRACE(wanted.name);
    const PhotoFacts found = FactsFromExif(wanted.exif);
    EXPECT_EQ(found.taken_at, wanted.facts.taken_at);
    EXPECT_EQ(found.camera, wanted.facts.camera);
    EXPECT_EQ(found.lens, wanted.facts.lens);
    EXPECT_EQ(found.orientation, wanted.facts.orientation);
    ExpectSamePlace(found.gps, wanted.facts.gps);
  }
}

TEST(ReadFacts, AsksXmpWhereExifIsSilent) {
  const StatusOr<DecodedPhoto> photo = DecodePhoto(TestData("xmp.jpg"), {});
  ASSERT_TRUE(photo.ok());
  EXPECT_EQ(photo->facts.taken_at, "2019-07-20T20:17:40.5+00:00");
  EXPECT_EQ(photo->facts.camera, "Hasselblad 500EL");
  EXPECT_EQ(photo->facts.lens, "Biogon 60mm");
  EXPECT_EQ(photo->facts.orientation, 1) << "tiff:Orientation is not believed";
  EXPECT_EQ(photo->full_width, 48);
}

TEST(ReadFacts, SurvivesBrokenXmp) {
  for (const std::string_view text : {"<x:xmpmeta", "not xml", "", "<?xpacket?><a><b></a>"}) {
    const std::vector<uint8_t> xmp(text.begin(), text.end());
    EXPECT_EQ(ReadFacts({.xmp = xmp}, {}).taken_at, "");
  }
}

TEST(ReadFacts, MayBeAskedFromManyThreads) {
  const std::string text =
      R"(<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">)"
      R"(<rdf:Description rdf:about="" xmlns:p="http://ns.adobe.com/photoshop/1.0/" p:DateCreated="2001-02-03"/>)"
      R"(</rdf:RDF></x:xmpmeta>)";
  const std::vector<uint8_t> xmp(text.begin(), text.end());
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(ReadFacts({.xmp = xmp}, {}).taken_at, "2001-02-03");
      }
    });
  }
}

struct TextCase {
  const char* text;
  const char* wanted;
};

TEST(IsoFromXmp, TakesWhatIsKnown) {
  for (const TextCase& wanted :
       {TextCase{"2024-05-01T12:34:56", "2024-05-01T12:34:56"}, TextCase{"2024-05-01T12:34", "2024-05-01T12:34:00"},
        TextCase{"2024-05-01T12:34:56.789-07:00", "2024-05-01T12:34:56.789-07:00"},
        TextCase{"2024-05-01T12:34Z", "2024-05-01T12:34:00+00:00"}, TextCase{"2024-05-01", "2024-05-01"},
        TextCase{"2024-05", "2024-05"}, TextCase{"2024", "2024"}, TextCase{"20240501", ""}, TextCase{"", ""},
        TextCase{"2024-05-01T12:34+02", "2024-05-01T12:34:00+02:00"},
        TextCase{"2024-05-01T12:34:60", "2024-05-01T12:34:59"}, TextCase{"yesterday", ""},
        TextCase{"2024-05-01T99:99:99", "2024-05-01"}}) {
    EXPECT_EQ(IsoFromXmp(wanted.text), wanted.wanted) << wanted.text;
  }
}

TEST(CleanText, GivesUtf8) {
  EXPECT_EQ(CleanText("  Caf\xC3\xA9 \t"), "Caf\xC3\xA9");
  EXPECT_EQ(CleanText("Caf\xE9"), "Caf\xC3\xA9");
  EXPECT_EQ(CleanText("a\x7F\x01z"), "az");
  EXPECT_EQ(CleanText("first line\r\nsecond\tword"), "first line  second word");
  EXPECT_EQ(CleanText(std::string_view("one\0two", 7)), "one");
  EXPECT_EQ(CleanText(" \n "), "");
}

}  // namespace
}  // namespace calotype
