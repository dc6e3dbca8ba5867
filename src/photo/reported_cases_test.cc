// Photos of tests/cases, on which the metadata was read wrongly before. Each stands for a kind of fault.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/source_dir.h"
#include "photo/decode.h"
#include "photo/metadata.h"
#include "photo/time_zone.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

fs::path CasePath(std::string_view name) { return SourceDir() / "tests/cases" / name; }

PhotoFacts FactsOfCase(std::string_view name) {
  const StatusOr<std::vector<uint8_t>> file = ReadFile(CasePath(name));
  const StatusOr<DecodedPhoto> photo = file.ok() ? DecodePhoto(*file, {}) : file.status();
  if (!photo.ok()) {
    ADD_FAILURE() << name << ": " << Message(photo.status());
    return {};
  }
  return photo->facts;
}

PhotoFacts FactsOfSidecar(std::string_view name) {
  const StatusOr<std::vector<uint8_t>> file = ReadFile(CasePath(name));
  const StatusOr<PhotoFacts> facts = file.ok() ? FactsFromXmp(*file, 1, {}) : file.status();
  if (!facts.ok()) {
    ADD_FAILURE() << name << ": " << Message(facts.status());
    return {};
  }
  return *facts;
}

struct DateCase {
  const char* file;
  const char* taken_at;
};

TEST(ReportedCases, DatesAreAsPreciseAsThePhotoStates) {
  for (const DateCase& wanted : {
           DateCase{"dates/year_only.jpg", "1993"},
           DateCase{"dates/month_only.jpg", "1993-08"},
           DateCase{"dates/month_blank.jpg", "1993-08"},
           DateCase{"dates/year.jpg", "1978"},
           DateCase{"dates/offset_hour.jpg", "2020-02-10T20:24:43+02:00"},
           DateCase{"dates/offset_nocolon.jpg", "2020-02-10T20:24:43+02:00"},
           DateCase{"dates/spaces_for_zeros.jpg", "2004-07-03T10:05:02"},
           DateCase{"dates/second60.jpg", "2016-12-31T23:59:59"},
           DateCase{"dates/iptc_only.jpg", "1978-06-12T10:20:30+01:00"},
       }) {
    EXPECT_EQ(FactsOfCase(wanted.file).taken_at, wanted.taken_at) << wanted.file;
  }
}

TEST(ReportedCases, PositionsThatExiftoolReadsToo) {
  struct Case {
    const char* file;
    double latitude;
    double longitude;
  };
  for (const Case& wanted :
       {Case{"position/signed_rationals.jpg", 48.2083, 16.3731}, Case{"position/one_rational.jpg", 48.2083, 16.3731},
        Case{"position/minutes_60.jpg", 49, 16.3667}}) {
    const PhotoFacts facts = FactsOfCase(wanted.file);
    ASSERT_TRUE(facts.gps) << wanted.file;
    EXPECT_NEAR(facts.gps->latitude, wanted.latitude, 1e-4) << wanted.file;
    EXPECT_NEAR(facts.gps->longitude, wanted.longitude, 1e-4) << wanted.file;
  }
  const PhotoFacts apple = FactsOfSidecar("position/apple_photos_decimal_refs.jpg.xmp");
  ASSERT_TRUE(apple.gps);
  EXPECT_NEAR(apple.gps->latitude, 60.5, 1e-6);
  EXPECT_NEAR(apple.gps->longitude, -68, 1e-6);
}

TEST(ReportedCases, WordsOfACaptionStayApart) {
  EXPECT_EQ(FactsOfSidecar("captions/newline_desc.jpg.xmp").description, "first line second line with tab");
}

TEST(ReportedCases, RegionsOverTheEdgeAreClippedAndKeepTheirName) {
  struct Case {
    const char* name;
    Box box;
  };
  for (const Case& wanted : {Case{"in", {.x = 0.4F, .y = 0.4F, .width = 0.2F, .height = 0.2F}},
                             Case{"out1pct", {.x = 0, .y = 0.4F, .width = 0.195F, .height = 0.2F}},
                             Case{"out2pct", {.x = 0, .y = 0.4F, .width = 0.18F, .height = 0.2F}},
                             Case{"half_out_top", {.x = 0.4F, .y = 0, .width = 0.2F, .height = 0.1F}}}) {
    const PhotoFacts facts = FactsOfCase("regions/" + std::string(wanted.name) + ".jpg");
    ASSERT_EQ(facts.regions.size(), 1U) << wanted.name;
    EXPECT_EQ(facts.regions[0].name, wanted.name);
    EXPECT_NEAR(facts.regions[0].box.x, wanted.box.x, 1e-6) << wanted.name;
    EXPECT_NEAR(facts.regions[0].box.y, wanted.box.y, 1e-6) << wanted.name;
    EXPECT_NEAR(facts.regions[0].box.width, wanted.box.width, 1e-6) << wanted.name;
    EXPECT_NEAR(facts.regions[0].box.height, wanted.box.height, 1e-6) << wanted.name;
  }
}

TEST(ReportedCases, AnOldSatelliteFixSetsNoTimeZone) {
  PhotoFacts facts = FactsOfCase("stale-satellites/stale_gps_time.jpg");
  CompleteTime(facts, "America/Los_Angeles");
  EXPECT_EQ(facts.time_zone, "America/Los_Angeles");
}

}  // namespace
}  // namespace calotype
