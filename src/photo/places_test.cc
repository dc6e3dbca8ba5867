#include "photo/places.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "photo/time_zone.h"

namespace calotype {
namespace {

class PlacesTest : public ::testing::Test {
 protected:
  PlacesTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "calotype-places-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~PlacesTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path Write(const std::string& text) const {
    std::ofstream(folder_ / "places.tsv") << text;
    return folder_ / "places.tsv";
  }

  std::filesystem::path folder_;
};

constexpr const char* kPlaces =
    "# calotype places test-1\n"
    "48.20849\t16.37208\t1691468\tVienna\tVienna\tAustria\tEurope/Vienna\n"
    "48.22544\t16.30871\t57546\tHernals\tVienna\tAustria\tEurope/Vienna\n"
    "48.31\t16.32\t25000\tKlosterneuburg\tLower Austria\tAustria\tEurope/Vienna\n"
    "-17.8\t177.41\t52500\tNadi\tWestern\tFiji\tPacific/Fiji\n"
    "-16.8\t-179.99\t1000\tAbroad\tNorthern\tFiji\tPacific/Fiji\n"
    "78.22\t15.65\t2060\tLongyearbyen\tSvalbard\tSvalbard and Jan Mayen\tArctic/Longyearbyen\n";

struct FindCase {
  const char* what;
  double latitude;
  double longitude;
  const char* city;
  const char* country;
  const char* zone;
};

TEST_F(PlacesTest, FindsACityByItsName) {
  const auto places =
      PlaceIndex::Load(Write("# calotype places test-1\n"
                             "48.85\t2.35\t2138551\tParis\tÎle-de-France\tFrance\tEurope/Paris\n"
                             "33.66\t-95.55\t24839\tParis\tTexas\tUnited States\tAmerica/Chicago\n"
                             "47.37\t8.55\t415367\tZürich\tZurich\tSwitzerland\tEurope/Zurich\n"));
  ASSERT_TRUE(places.ok()) << Message(places.status());
  const auto paris = (*places)->FindCity("PARIS");
  ASSERT_TRUE(paris.has_value());
  EXPECT_NEAR(paris->latitude, 48.85, 1e-4) << "the most populous one";
  EXPECT_NEAR(paris->longitude, 2.35, 1e-4);
  EXPECT_NEAR((*places)->FindCity("Paris, Texas")->longitude, -95.55, 1e-4);
  EXPECT_NEAR((*places)->FindCity("paris,united states")->longitude, -95.55, 1e-4);
  EXPECT_TRUE((*places)->FindCity("zurich").has_value());
  for (const char* unknown : {"", ",", "London", "Paris, Germany", "Par"}) {
    EXPECT_FALSE((*places)->FindCity(unknown).has_value()) << unknown;
  }
}

TEST_F(PlacesTest, FindsACityByAnotherNameUnlessOneHasItAsItsOwn) {
  const auto places =
      PlaceIndex::Load(Write("# calotype places test-1\n"
                             "48.21\t16.37\t1691468\tVienna\tVienna\tAustria\tEurope/Vienna\n"
                             "45.52\t4.87\t32293\tVienne\tIsère\tFrance\tEurope/Paris\n"));
  ASSERT_TRUE(places.ok()) << Message(places.status());
  std::ofstream(folder_ / "other_names.tsv")
      << "# calotype other place names test-1\nAustria\tosterreich\tautriche\nVienna\tvienne\twien\n";
  const auto others = OtherPlaceNames::Load(folder_ / "other_names.tsv");
  ASSERT_TRUE(others.ok()) << Message(others.status());
  for (const char* vienna : {"Wien", "WIEN, Österreich", "Vienna, Autriche", "Wien,Austria", "Vienne, Austria"}) {
    const auto found = (*places)->FindCity(vienna, *others);
    ASSERT_TRUE(found.has_value()) << vienna;
    EXPECT_NEAR(found->longitude, 16.37, 1e-4) << vienna;
  }
  EXPECT_NEAR((*places)->FindCity("Vienne", *others)->longitude, 4.87, 1e-4);
  EXPECT_FALSE((*places)->FindCity("Wien").has_value());
  EXPECT_FALSE((*places)->FindCity("Wien, France", *others).has_value());
}

TEST_F(PlacesTest, FindsTheTownThatOneIsIn) {
  const auto places = PlaceIndex::Load(Write(kPlaces));
  ASSERT_TRUE(places.ok()) << Message(places.status());
  EXPECT_EQ((*places)->version(), "test-1");
  EXPECT_EQ((*places)->size(), 6U);
  for (const FindCase& wanted : {
           FindCase{"a district is part of its city", 48.2255, 16.3088, "Vienna", "Austria", "Europe/Vienna"},
           FindCase{"a town beyond the city's reach", 48.309, 16.319, "Klosterneuburg", "Austria", "Europe/Vienna"},
           FindCase{"the nearest one, 20 km away", 78.40, 15.65, "Longyearbyen", "Svalbard and Jan Mayen",
                    "Arctic/Longyearbyen"},
           FindCase{"60 km away: no city, but a country", 78.76, 15.65, "", "Svalbard and Jan Mayen",
                    "Arctic/Longyearbyen"},
           FindCase{"across the date line", -16.8, 179.99, "Abroad", "Fiji", "Pacific/Fiji"},
       }) {
    const auto place = (*places)->Find(wanted.latitude, wanted.longitude);
    ASSERT_TRUE(place.has_value()) << wanted.what;
    EXPECT_EQ(place->city, wanted.city) << wanted.what;
    EXPECT_EQ(place->country, wanted.country) << wanted.what;
    EXPECT_EQ(place->time_zone, wanted.zone) << wanted.what;
  }
  EXPECT_FALSE((*places)->Find(0, -30).has_value()) << "the middle of the Atlantic";
}

TEST_F(PlacesTest, AnotherFileIsRefusedWithItsLine) {
  EXPECT_TRUE(absl::IsNotFound(PlaceIndex::Load(folder_ / "none.tsv").status()));
  EXPECT_TRUE(absl::IsDataLoss(PlaceIndex::Load(Write("name,lat\n")).status()));
  const Status status = PlaceIndex::Load(Write("# calotype places x\n1\t2\tmany\tA\tB\tC\tD\n")).status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_NE(Message(status).find("places.tsv:2"), std::string::npos) << Message(status);
}

TEST_F(PlacesTest, WhatSomebodyWroteStays) {
  const auto places = PlaceIndex::Load(Write(kPlaces));
  ASSERT_TRUE(places.ok());
  PhotoFacts facts;
  facts.gps = GpsPosition{.latitude = 48.21, .longitude = 16.37, .altitude = {}};
  facts.city = "Wien";
  CompletePlace(places->get(), facts);
  EXPECT_EQ(facts.city, "Wien");
  EXPECT_EQ(facts.country, "");
  EXPECT_EQ(facts.time_zone, "Europe/Vienna");
}

struct TimeCase {
  const char* what;
  const char* taken_at;
  std::optional<int64_t> gps_time;
  const char* place_zone;
  std::optional<int64_t> utc;
  const char* zone;
};

TEST(CompleteTime, OffsetThenSatellitesThenPlace) {
  constexpr int64_t kNoon = 1'714'557'600;  // 2024-05-01T10:00:00Z
  for (const TimeCase& wanted : {
           TimeCase{"nothing known", "2024-05-01T12:00:00", {}, "", {}, ""},
           TimeCase{"its own offset", "2024-05-01T12:00:00.5+02:00", {}, "", kNoon, "+02:00"},
           TimeCase{"west of Greenwich", "2024-05-01T05:00:00-05:00", {}, "", kNoon, "-05:00"},
           TimeCase{"the place agrees", "2024-05-01T12:00:00+02:00", {}, "Europe/Vienna", kNoon, "Europe/Vienna"},
           TimeCase{"the place does not", "2024-05-01T11:00:00+01:00", {}, "Europe/Vienna", kNoon, "+01:00"},
           TimeCase{"satellites", "2024-05-01T15:30:20", kNoon, "", kNoon + 20, "+05:30"},
           TimeCase{"satellites of another day", "2024-05-01T15:30:20", kNoon - 86'400, "", {}, ""},
           TimeCase{"satellites that fit no zone", "2024-05-01T15:37:30", kNoon, "", {}, ""},
           TimeCase{"satellites of hours ago", "2022-05-18T13:17:57", 1'652'899'440, "America/Los_Angeles",
                    1'652'905'077, "America/Los_Angeles"},
           TimeCase{"the place alone, in summer", "2024-05-01T12:00:00", {}, "Europe/Vienna", kNoon, "Europe/Vienna"},
           TimeCase{"in winter", "2024-01-01T12:00:00", {}, "Europe/Vienna", 1'704'106'800, "Europe/Vienna"},
           TimeCase{"a day without a time", "2024-05-01", {}, "Europe/Vienna", {}, "Europe/Vienna"},
           TimeCase{"a zone that there is not", "2024-05-01T12:00:00", {}, "Mars/Base", {}, "Mars/Base"},
       }) {
    PhotoFacts facts;
    facts.taken_at = wanted.taken_at;
    facts.gps_time = wanted.gps_time;
    CompleteTime(facts, wanted.place_zone);
    EXPECT_EQ(facts.taken_utc, wanted.utc) << wanted.what;
    EXPECT_EQ(facts.time_zone, wanted.zone) << wanted.what;
  }
}

}  // namespace
}  // namespace calotype
