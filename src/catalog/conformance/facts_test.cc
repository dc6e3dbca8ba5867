// Facts, companions, and names from regions.
#include <algorithm>

#include "catalog/conformance/catalog_test.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using FactsTest = CatalogTest;

PhotoResult WithFacts(PhotoId photo, PhotoFacts facts) {
  PhotoResult result{.id = photo};
  result.properties =
      PhotoProperties{.format = PhotoFormat::kJpeg, .width = 1000, .height = 500, .facts = std::move(facts)};
  return result;
}

// A face of 100 x 100 pixels at x.
PhotoResult WithFaces(PhotoResult result, const std::vector<float>& lefts) {
  auto& faces = result.findings.faces.emplace();
  for (const float left : lefts) {
    faces.push_back(
        {.score = 0.9F, .box = {.x = left, .y = 100, .width = 100, .height = 100}, .landmarks = {}, .embedding = {}});
  }
  result.outcomes.push_back(Done("faces.detect"));
  return result;
}

PhotoFacts Named(const std::string& name, float left) {
  PhotoFacts facts;
  facts.regions = {{.name = name, .box = {.x = left / 1000, .y = 0.2F, .width = 0.1F, .height = 0.2F}}};
  return facts;
}

TEST_P(FactsTest, AreWrittenAndReadWhole) {
  PhotoFacts facts = Named("Ada", 100);
  facts.taken_at = "2024-05-01T12:00:00";
  facts.taken_utc = 1'714'557'600;
  facts.time_zone = "Europe/Vienna";
  facts.city = "Vienna";
  facts.country = "Austria";
  facts.title = "A title";
  facts.rating = -1;
  facts.keywords = {"sea", "holiday"};
  const PhotoId photo = Add("/p/a.jpg", "a");
  CALOTYPE_ASSERT_OK(StoreOne(WithFacts(photo, facts)));
  const PhotoFacts read = Value(catalog().GetPhoto(photo)).properties->facts;
  EXPECT_EQ(read.taken_utc, facts.taken_utc);
  EXPECT_EQ(read.time_zone, "Europe/Vienna");
  EXPECT_EQ(read.rating, -1);
  EXPECT_THAT(read.keywords, ElementsAre("holiday", "sea"));
  EXPECT_THAT(read.regions, SizeIs(1));
  EXPECT_THAT(Value(catalog().FindPhotos({.places = {"vienna"}})), ElementsAre(photo));
  EXPECT_THAT(Value(catalog().FindPhotos({.places = {"austria", "wien", "Vienna"}})), ElementsAre(photo));
  EXPECT_THAT(Value(catalog().FindPhotos({.places = {"wien"}})), IsEmpty());
  EXPECT_THAT(Value(catalog().FindPhotos({.keyword = "Sea"})), ElementsAre(photo));
  EXPECT_THAT(Value(catalog().FindPhotos({.person = "ada"})), ElementsAre(photo)) << "no face was found there";
  PhotoResult again{.id = photo};
  again.facts = PhotoFacts{};
  CALOTYPE_ASSERT_OK(StoreOne(again));
  EXPECT_THAT(Value(catalog().FindPhotos({.places = {"vienna"}})), IsEmpty());
  EXPECT_EQ(Value(catalog().GetPhoto(photo)).properties->width, 1000) << "what decoding told stays";
}

TEST_P(FactsTest, ASidecarThatChangesAsksForFactsAlone) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(
      std::vector<AnalysisVersion>{{std::string(kDecodeAnalysis), "1"}, {std::string(kFactsAnalysis), "1"}}));
  const PhotoId photo = Add("/p/a.jpg", "a");
  const std::vector<std::string> names = {std::string(kDecodeAnalysis), std::string(kFactsAnalysis)};
  EXPECT_THAT(Claim(names, 9), SizeIs(1));
  PhotoResult result = WithFacts(photo, {});
  for (const std::string& name : names) {
    result.outcomes.push_back(Done(name));
    result.outcomes.back().version = "1";
  }
  EXPECT_THAT(Ack(std::vector{result}), IsEmpty());
  Companion sidecar{.photo_path = "/p/a.jpg", .path = "/p/a.xmp", .kind = CompanionKind::kSidecar, .stamp = StampOf(1)};
  CALOTYPE_ASSERT_OK(catalog().PutCompanion(sidecar));
  const auto claimed = Claim(names, 9);
  ASSERT_THAT(claimed, SizeIs(1));
  EXPECT_THAT(claimed[0].analyses, ElementsAre("facts"));
  EXPECT_THAT(Value(catalog().CompanionsUnder("/p")), SizeIs(1));
  EXPECT_THAT(Value(catalog().CompanionsUnder("/q")), IsEmpty());
  EXPECT_EQ(Value(catalog().GetPhoto(photo)).companions.at(0).path, "/p/a.xmp");
  result.outcomes.erase(result.outcomes.begin());
  EXPECT_THAT(Ack(std::vector{result}), IsEmpty());
  EXPECT_THAT(Claim(names, 9), IsEmpty());
  CALOTYPE_ASSERT_OK(catalog().DropCompanion(sidecar));
  EXPECT_THAT(Claim(names, 9), SizeIs(1));
  EXPECT_THAT(Value(catalog().CompanionsUnder("/p")), IsEmpty());
}

TEST_P(FactsTest, ANewStampOfAnUnchangedSidecarAsksForNothing) {
  CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(std::vector<AnalysisVersion>{{std::string(kFactsAnalysis), "1"}}));
  const std::vector<std::string> names = {std::string(kFactsAnalysis)};
  Companion sidecar{.photo_path = "/p/a.jpg", .path = "/p/a.xmp", .kind = CompanionKind::kSidecar, .stamp = StampOf(1)};
  PhotoResult result = WithFacts(Add("/p/a.jpg", "a"), {});
  result.outcomes = {Done(kFactsAnalysis)};
  result.outcomes.back().version = "1";
  CALOTYPE_ASSERT_OK(catalog().PutCompanion(sidecar));
  CALOTYPE_ASSERT_OK(StoreOne(result));
  sidecar.stamp.ctime_ns = 5;
  sidecar.stamp.inode = 6;
  CALOTYPE_ASSERT_OK(catalog().UpdateCompanionStamp(sidecar));
  EXPECT_EQ(Value(catalog().CompanionsUnder("/p")).at(0).stamp, sidecar.stamp);
  EXPECT_THAT(Claim(names, 9), IsEmpty());
  CALOTYPE_ASSERT_OK(catalog().PutCompanion(sidecar));
  EXPECT_THAT(Claim(names, 9), SizeIs(1));
}

TEST_P(FactsTest, ARawIsPairedWhenEachOfItsFilesStandsBesideItsJpeg) {
  const PhotoId jpeg = Add("/p/a.jpg", "jpeg");
  const PhotoId raw = Add("/p/a.nef", "raw");
  CALOTYPE_ASSERT_OK(catalog().PutCompanion(
      {.photo_path = "/p/a.jpg", .path = "/p/a.nef", .kind = CompanionKind::kRaw, .stamp = StampOf(1)}));
  EXPECT_THAT(Value(catalog().Pairs()), IsEmpty()) << "the JPEG was not decoded: it cannot stand for the RAW";
  CALOTYPE_ASSERT_OK(StoreOne(WithFacts(jpeg, {})));
  const auto pairs = Value(catalog().Pairs());
  ASSERT_THAT(pairs, SizeIs(1));
  EXPECT_EQ(pairs[0].raw, raw);
  EXPECT_EQ(pairs[0].shown, jpeg);
  EXPECT_THAT(Value(catalog().GetPhoto(raw)).companions, SizeIs(1));
  EXPECT_THAT(Value(catalog().GetPhoto(jpeg)).companions, SizeIs(1));
  Add("/q/copy.nef", "raw");
  EXPECT_THAT(Value(catalog().Pairs()), IsEmpty()) << "a copy that has no JPEG";
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/q/copy.nef"}));
  EXPECT_THAT(Value(catalog().Pairs()), SizeIs(1));
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/p/a.jpg"}));
  EXPECT_THAT(Value(catalog().Pairs()), IsEmpty());
}

TEST_P(FactsTest, RegionsNameTheFacesThatLieThere) {
  const PhotoId photo = Add("/p/a.jpg", "a");
  PhotoFacts facts = Named("Ada", 110);
  facts.regions.push_back({.name = "Nobody", .box = {.x = 0.8F, .y = 0.8F, .width = 0.1F, .height = 0.1F}});
  CALOTYPE_ASSERT_OK(StoreOne(WithFaces(WithFacts(photo, facts), {100, 400})));
  EXPECT_EQ(Value(catalog().ImportRegionNames()), 1);
  EXPECT_THAT(Value(catalog().GetPhoto(photo)).face_names, ElementsAre("Ada", ""));
  EXPECT_EQ(Value(catalog().ImportRegionNames()), 0) << "once";
  // The same region again, from a changed sidecar: the decision of the user stays.
  const PersonId ada = *Value(catalog().GetPhoto(photo)).face_people[0];
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(ada, {.name = "Countess"}));
  CALOTYPE_ASSERT_OK(StoreOne(WithFacts(photo, facts)));
  EXPECT_EQ(Value(catalog().ImportRegionNames()), 0);
  EXPECT_THAT(Value(catalog().GetPhoto(photo)).face_names, ElementsAre("Countess", ""));
}

TEST_P(FactsTest, RegionsNeverGoAgainstAUser) {
  const PhotoId first = Add("/p/a.jpg", "a");
  CALOTYPE_ASSERT_OK(StoreOne(WithFaces(WithFacts(first, Named("Ada", 100)), {100})));
  EXPECT_EQ(Value(catalog().ImportRegionNames()), 1);
  const PersonId ada = *Value(catalog().GetPhoto(first)).face_people[0];
  const FaceRecord by_region = Value(catalog().FacesOf(ada)).at(0);
  EXPECT_TRUE(by_region.decided && by_region.from_region);
  const FaceId face = by_region.id;
  CALOTYPE_ASSERT_OK(catalog().SetNotPerson(ada, std::vector<FaceId>{face}));
  CALOTYPE_ASSERT_OK(StoreOne(WithFacts(first, {})));
  CALOTYPE_ASSERT_OK(StoreOne(WithFacts(first, Named("Ada", 100))));
  EXPECT_EQ(Value(catalog().ImportRegionNames()), 0) << "she is not Ada";
  const PersonId other = Value(catalog().CreatePerson());
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(other, {.name = "Grace"}));
  CALOTYPE_ASSERT_OK(catalog().DecideFaces(other, std::vector<FaceId>{face}));
  const FaceRecord by_user = Value(catalog().FacesOf(other)).at(0);
  EXPECT_TRUE(by_user.decided && !by_user.from_region);
  CALOTYPE_ASSERT_OK(StoreOne(WithFacts(first, Named("Eve", 100))));
  EXPECT_EQ(Value(catalog().ImportRegionNames()), 0);
  EXPECT_THAT(Value(catalog().GetPhoto(first)).face_names, ElementsAre("Grace"));
}

TEST_P(FactsTest, ARegionNamesAPersonWithoutANameAndMovesOnlyItsOwnFace) {
  const PhotoId first = Add("/p/a.jpg", "a");
  const PhotoId second = Add("/p/b.jpg", "b");
  CALOTYPE_ASSERT_OK(StoreOne(WithFaces(WithFacts(first, Named("Ada", 100)), {100})));
  CALOTYPE_ASSERT_OK(StoreOne(WithFaces(WithFacts(second, {}), {100})));
  const PersonId person = Value(catalog().CreatePerson());
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(person, std::vector<FaceId>{1, 2}));
  EXPECT_EQ(Value(catalog().ImportRegionNames()), 1);
  EXPECT_THAT(Value(catalog().GetPhoto(second)).face_names, ElementsAre("Ada"));
  CALOTYPE_ASSERT_OK(StoreOne(WithFacts(second, Named("Eve", 100))));
  EXPECT_EQ(Value(catalog().ImportRegionNames()), 1);
  EXPECT_THAT(Value(catalog().GetPhoto(second)).face_names, ElementsAre("Eve"));
  EXPECT_THAT(Value(catalog().GetPhoto(first)).face_names, ElementsAre("Ada"));
}

TEST_P(FactsTest, ARegionMovesNoFaceBetweenTwoPeopleOfOneName) {
  const PhotoId photo = Add("/p/a.jpg", "a");
  CALOTYPE_ASSERT_OK(StoreOne(WithFaces(WithFacts(photo, Named("Ada", 100)), {100})));
  const PersonId first = Value(catalog().CreatePerson());
  const PersonId second = Value(catalog().CreatePerson());
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(first, {.name = "Ada"}));
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(second, {.name = "ada"}));
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(second, std::vector<FaceId>{1}));
  EXPECT_EQ(Value(catalog().ImportRegionNames()), 0);
  EXPECT_EQ(Value(catalog().GetPhoto(photo)).face_people.at(0), second) << "this Ada was recognised";
}

TEST_P(FactsTest, OfTwoPeopleOfOneNameARegionMeansTheOneWhoIsPossible) {
  const PhotoId photo = Add("/p/a.jpg", "a");
  CALOTYPE_ASSERT_OK(StoreOne(WithFaces(WithFacts(photo, Named("Ada", 100)), {100})));
  const PersonId first = Value(catalog().CreatePerson());
  const PersonId second = Value(catalog().CreatePerson());
  for (const PersonId person : {first, second}) {
    CALOTYPE_ASSERT_OK(catalog().ChangePerson(person, {.name = "Ada"}));
  }
  CALOTYPE_ASSERT_OK(catalog().SetNotPerson(first, std::vector<FaceId>{1}));
  EXPECT_EQ(Value(catalog().ImportRegionNames()), 1);
  EXPECT_EQ(Value(catalog().GetPhoto(photo)).face_people.at(0), second) << "a user excluded the first";
}

INSTANTIATE_TEST_SUITE_P(Backends, FactsTest, testing::ValuesIn(Backends()), BackendName);

}  // namespace
}  // namespace calotype
