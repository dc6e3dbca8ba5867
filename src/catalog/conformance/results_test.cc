#include "base/half.h"
#include "catalog/conformance/catalog_test.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class CatalogStoreTest : public CatalogTest {};
INSTANTIATE_TEST_SUITE_P(Backends, CatalogStoreTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(CatalogStoreTest, AllComesBackAsItWent) {
  const PhotoId id = Add("/a.jpg", "a");
  const PhotoResult stored = FullResult(id);
  CALOTYPE_ASSERT_OK(StoreOne(stored));
  const PhotoRecord read = Value(catalog().GetPhoto(id));

  ASSERT_TRUE(read.properties.has_value());
  EXPECT_EQ(read.properties->format, PhotoFormat::kJpeg);
  EXPECT_EQ(read.properties->width, 640);
  EXPECT_EQ(read.properties->height, 480);
  EXPECT_EQ(read.properties->facts.taken_at, "2024-05-01T12:34:56+02:00");
  EXPECT_EQ(read.properties->facts.camera, "Canon EOS R5");
  EXPECT_EQ(read.properties->facts.lens, "RF 50mm");
  EXPECT_EQ(read.properties->facts.orientation, 6);
  ASSERT_TRUE(read.properties->facts.gps.has_value());
  EXPECT_EQ(read.properties->facts.gps->latitude, 48.2);
  EXPECT_EQ(read.properties->facts.gps->longitude, 16.4);
  EXPECT_EQ(read.properties->facts.gps->altitude, 171.0);

  ASSERT_THAT(*read.findings.objects, SizeIs(3));
  EXPECT_EQ((*read.findings.objects)[2].label, "cat");
  EXPECT_EQ((*read.findings.objects)[2].score, 0.7F);
  EXPECT_EQ((*read.findings.objects)[2].box.height, 12.0F);
  EXPECT_EQ(read.findings.embedding->space, "space");
  EXPECT_THAT(read.findings.embedding->vector, ElementsAre(0.5F, -0.5F, 0.5F, 0.5F));
  ASSERT_THAT(read.findings.embedding->tags, SizeIs(1));
  EXPECT_EQ(read.findings.embedding->tags[0].label, "Egyptian cat");
  ASSERT_THAT(*read.findings.text, SizeIs(2));
  EXPECT_EQ((*read.findings.text)[0].text, "NO PARKING");
  EXPECT_EQ((*read.findings.text)[1].quad[2].y, 12.0F);
  EXPECT_EQ((*read.findings.text)[0].page, 1);
  EXPECT_EQ((*read.findings.text)[1].page, 2);
  ASSERT_THAT(*read.findings.faces, SizeIs(2));
  EXPECT_EQ((*read.findings.faces)[1].box.x, 200.0F);
  EXPECT_EQ((*read.findings.faces)[1].landmarks[4].x, 228.0F);
  EXPECT_THAT((*read.findings.faces)[1].embedding, IsEmpty());
  EXPECT_THAT(read.face_people, ElementsAre(std::nullopt, std::nullopt));
  EXPECT_EQ(read.findings.pdq->hash, stored.findings.pdq->hash);
  EXPECT_EQ(read.findings.pdq->quality, 88);
  ASSERT_THAT(read.outcomes, SizeIs(7));
  EXPECT_EQ(read.outcomes[0].analysis, "decode");
  EXPECT_EQ(read.outcomes[0].state, AnalysisState::kDone);
  EXPECT_EQ(read.outcomes[0].device, "cpu");
  EXPECT_EQ(read.outcomes[0].milliseconds, 12.5);
}

TEST_P(CatalogStoreTest, WithoutPositionOrFindingsNothingIsMadeUp) {
  PhotoResult result;
  result.id = Add("/a.jpg", "a");
  result.properties = PhotoProperties{.format = PhotoFormat::kPng, .width = 1, .height = 2, .facts = {}};
  result.findings.text.emplace();
  result.outcomes = {Done("text"), Failed("objects", "no")};
  CALOTYPE_ASSERT_OK(StoreOne(result));
  const PhotoRecord read = Value(catalog().GetPhoto(result.id));
  EXPECT_FALSE(read.properties->facts.gps.has_value());
  EXPECT_EQ(read.properties->facts.taken_at, "");
  EXPECT_FALSE(read.findings.objects.has_value());
  EXPECT_FALSE(read.findings.embedding.has_value());
  EXPECT_FALSE(read.findings.pdq.has_value());
  EXPECT_FALSE(read.findings.faces.has_value());
  ASSERT_TRUE(read.findings.text.has_value());
  EXPECT_THAT(*read.findings.text, IsEmpty());
}

TEST_P(CatalogStoreTest, StoringAgainReplaces) {
  const PhotoId id = Add("/a.jpg", "a");
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(id)));
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(id)));
  const PhotoRecord read = Value(catalog().GetPhoto(id));
  EXPECT_THAT(*read.findings.objects, SizeIs(3));
  EXPECT_THAT(*read.findings.faces, SizeIs(2));
  EXPECT_THAT(*read.findings.text, SizeIs(2));
  EXPECT_THAT(read.findings.embedding->tags, SizeIs(1));
  EXPECT_THAT(Value(catalog().SearchText("parking", false, 10)), SizeIs(1));

  PhotoResult without_text = FullResult(id);
  without_text.findings.text->clear();
  CALOTYPE_ASSERT_OK(StoreOne(without_text));
  EXPECT_THAT(Value(catalog().SearchText("parking", false, 10)), IsEmpty());
}

TEST_P(CatalogStoreTest, PagesOfADocumentAndItsDamage) {
  const PhotoId id = Add("/a.tif", "a");
  PhotoResult result = FullResult(id);
  EXPECT_EQ(Value(catalog().GetStatus()).damaged, 0);
  result.properties->format = PhotoFormat::kTiff;
  result.properties->pages = 3;
  result.outcomes[3].reason = "page 9 is left out: too large (limits.pixels)";
  CALOTYPE_ASSERT_OK(StoreOne(result));
  EXPECT_EQ(Value(catalog().GetPhoto(id)).properties->pages, 3);
  EXPECT_EQ(Value(catalog().GetStatus()).damaged, 0);
  result.outcomes[3].reason = "damaged: page 2: it is broken";
  result.outcomes[0].reason = "damaged: its last rows are missing";
  result.properties->pages = 0;  // as read without the pixels
  CALOTYPE_ASSERT_OK(StoreOne(result));
  EXPECT_EQ(Value(catalog().GetStatus()).damaged, 1) << "one photo, though two analyses say so";
  EXPECT_EQ(Value(catalog().GetPhoto(id)).properties->pages, 3);
}

TEST_P(CatalogStoreTest, FindingsOfWhatFailedAreLeftAlone) {
  const PhotoId id = Add("/a.jpg", "a");
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(id)));
  PhotoResult failed = FullResult(id);
  failed.findings.objects->clear();
  failed.outcomes = {Failed("objects", "out of memory")};
  CALOTYPE_ASSERT_OK(StoreOne(failed));
  EXPECT_THAT(*Value(catalog().GetPhoto(id)).findings.objects, SizeIs(3));
}

TEST_P(CatalogStoreTest, OneBadPhotoUndoesTheWholeCall) {
  const PhotoId id = Add("/a.jpg", "a");
  const Status status = catalog().Store(std::vector{FullResult(id), FullResult(id + 1000)});
  EXPECT_TRUE(absl::IsNotFound(status)) << Message(status);
  const PhotoRecord read = Value(catalog().GetPhoto(id));
  EXPECT_FALSE(read.properties.has_value());
  EXPECT_FALSE(read.findings.objects.has_value());
  EXPECT_THAT(read.outcomes, IsEmpty());
  EXPECT_THAT(Value(catalog().SearchText("parking", false, 10)), IsEmpty());
}

TEST_P(CatalogStoreTest, DoneWithoutFindingsIsRefused) {
  PhotoResult result = FullResult(Add("/a.jpg", "a"));
  result.findings.pdq.reset();
  const Status status = StoreOne(result);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(Message(status), testing::HasSubstr("pdq"));
}

TEST_P(CatalogStoreTest, EmbeddingsNeedTheFacesTheyAreOf) {
  PhotoResult result = FullResult(Add("/a.jpg", "a"));
  CALOTYPE_ASSERT_OK(StoreOne(result));
  result.outcomes = {Done("faces.recognise")};
  result.findings.faces->front().embedding = {0.5F, 0.5F};
  CALOTYPE_ASSERT_OK(StoreOne(result));
  EXPECT_THAT(ToFloat(Value(catalog().Faces()).front().embedding), ElementsAre(0.5F, 0.5F));
  EXPECT_EQ(Value(catalog().CountFaces()), 2);
  result.findings.faces->pop_back();
  EXPECT_TRUE(absl::IsInvalidArgument(StoreOne(result)));
  EXPECT_THAT(Value(catalog().Faces()), SizeIs(2));
}

TEST_P(CatalogStoreTest, SharpnessIsKeptWhereItIsKnown) {
  const PhotoId photo = Add("/a.jpg", "a");
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(photo)));
  const std::vector<FaceRecord> faces = Value(catalog().Faces());
  EXPECT_EQ(faces[0].sharpness, std::nullopt);
  EXPECT_EQ(faces[1].sharpness, 0.375F);
  const Findings findings = Value(catalog().GetPhoto(photo)).findings;
  EXPECT_EQ(findings.faces->at(0).sharpness, std::nullopt);
  EXPECT_EQ(findings.faces->at(1).sharpness, 0.375F);
  const PersonId person = Value(catalog().CreatePerson());
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(person, std::vector{faces[1].id}));
  EXPECT_EQ(Value(catalog().FacesOf(person))[0].sharpness, 0.375F);
}

TEST_P(CatalogStoreTest, FacesFoundAgainKeepIdAndPerson) {
  PhotoResult result = FullResult(Add("/a.jpg", "a"));
  CALOTYPE_ASSERT_OK(StoreOne(result));
  const std::vector<FaceRecord> before = Value(catalog().Faces());
  ASSERT_THAT(before, SizeIs(2));
  const PersonId ada = Value(catalog().CreatePerson());
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(ada, std::vector{before[1].id}));

  // Another detector: the first face is new, the second one is slightly beside its old place.
  result.findings.faces = {FaceAt(400, {1, 0}), FaceAt(205, {0, 1})};
  CALOTYPE_ASSERT_OK(StoreOne(result));
  const PhotoRecord read = Value(catalog().GetPhoto(result.id));
  EXPECT_THAT(read.face_people, ElementsAre(std::nullopt, std::optional(ada)));
  const std::vector<FaceRecord> after = Value(catalog().Faces());
  ASSERT_THAT(after, SizeIs(2));
  EXPECT_EQ(after[0].id, before[1].id);
  EXPECT_EQ(after[0].person, ada);
  EXPECT_GT(after[1].id, before[1].id) << "ids of faces that are gone are never given to others";
}

}  // namespace
}  // namespace calotype
