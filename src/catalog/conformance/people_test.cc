// PeopleCatalog: the decisions of users.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/half.h"
#include "catalog/conformance/catalog_test.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class CatalogDecisionsTest : public CatalogTest {
 protected:
  CatalogDecisionsTest() {
    for (const char* path : {"/a.jpg", "/b.jpg"}) {
      EXPECT_EQ(Message(StoreOne(FullResult(Add(path, path)))), "");
    }
    for (const FaceRecord& face : Value(catalog().Faces())) {
      faces_.push_back(face.id);
    }
    ada_ = Value(catalog().CreatePerson());
    bob_ = Value(catalog().CreatePerson());
    EXPECT_EQ(Message(catalog().AssignFaces(ada_, std::vector{faces_[0]})), "");
    EXPECT_EQ(Message(catalog().AssignFaces(bob_, std::vector{faces_[1]})), "");
  }
  FaceRecord FaceOf(FaceId id) {
    for (const FaceRecord& face : Value(catalog().Faces())) {
      if (face.id == id) {
        return face;
      }
    }
    return {};
  }
  std::vector<FaceId> faces_;
  PersonId ada_ = 0;
  PersonId bob_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Backends, CatalogDecisionsTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(CatalogDecisionsTest, AMergedPersonsNumberGoesOnMeaningThem) {
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(bob_, {.name = "Bob"}));
  const PersonId third = Value(catalog().CreatePerson());
  CALOTYPE_ASSERT_OK(catalog().MergePeople(bob_, std::vector{third}));
  CALOTYPE_ASSERT_OK(catalog().MergePeople(ada_, std::vector{bob_}));
  EXPECT_EQ(Value(catalog().ResolvePerson(bob_)), ada_);
  EXPECT_EQ(Value(catalog().ResolvePerson(third)), ada_);
  const auto people = Value(catalog().People());
  ASSERT_THAT(people, SizeIs(1));
  EXPECT_EQ(people[0].name, "Bob") << "the one without a name takes the other's";
  EXPECT_EQ(people[0].faces, 2);
  EXPECT_TRUE(FaceOf(faces_[0]).person == ada_ && FaceOf(faces_[1]).decided);
  CALOTYPE_ASSERT_OK(catalog().MergePeople(bob_, std::vector{ada_}));
  EXPECT_THAT(Value(catalog().People()), SizeIs(1));
}

TEST_P(CatalogDecisionsTest, ARawAndJpegPairIsOnePhoto) {
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(Add("/a.nef", "raw"))));
  const FaceId face = Value(catalog().Faces()).back().id;
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(ada_, std::vector{face, faces_.back()}));
  EXPECT_EQ(Value(catalog().People()).at(0).photos, 3);
  const Companion pair{.photo_path = "/a.jpg", .path = "/a.nef", .kind = CompanionKind::kRaw, .stamp = StampOf(1)};
  CALOTYPE_ASSERT_OK(catalog().PutCompanion(pair));
  EXPECT_EQ(Value(catalog().People()).at(0).photos, 2);
  EXPECT_EQ(Value(catalog().People()).at(0).faces, 3);
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(bob_, std::vector{face}));
  EXPECT_EQ(Value(catalog().People()).at(0).photos, 2) << "each shows somebody else";
}

TEST_P(CatalogDecisionsTest, NamesAreFoundWhateverTheirCaseAndAccents) {
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(ada_, {.name = "Zoë"}));
  EXPECT_EQ(Value(catalog().NameOf(ada_)), "Zoë");
  EXPECT_EQ(Value(catalog().NameOf(bob_)), "");
  EXPECT_THAT(Value(catalog().PeopleNamed("Zoë")), ElementsAre(ada_));
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(bob_, {.name = "ZOE"}));
  EXPECT_THAT(Value(catalog().PeopleNamed("zoe")), ElementsAre(ada_, bob_));
  EXPECT_THAT(Value(catalog().PeopleNamed("Zo")), IsEmpty()) << "only whole names";
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(bob_, {.name = ""}));
  EXPECT_THAT(Value(catalog().PeopleNamed("")), IsEmpty());
  CALOTYPE_ASSERT_OK(catalog().MergePeople(ada_, std::vector{bob_}));
  EXPECT_EQ(Value(catalog().NameOf(bob_)), "Zoë") << "the number means the other now";
  EXPECT_TRUE(absl::IsNotFound(catalog().NameOf(99).status()));
}

TEST_P(CatalogDecisionsTest, WhatIsNotThereChangesNothing) {
  EXPECT_TRUE(absl::IsNotFound(catalog().MergePeople(ada_, std::vector{bob_, PersonId{99}}).status()));
  EXPECT_THAT(Value(catalog().People()), SizeIs(2));
  EXPECT_TRUE(absl::IsNotFound(catalog().SplitPerson(std::vector{faces_[0], FaceId{999}}).status()));
  EXPECT_EQ(FaceOf(faces_[0]).person, ada_);
  EXPECT_TRUE(absl::IsNotFound(catalog().ChangePerson(ada_, {.cover = faces_[1]}).status()));
  EXPECT_TRUE(absl::IsNotFound(catalog().ChangePerson(99, {.hidden = true}).status()));
  EXPECT_TRUE(absl::IsNotFound(catalog().FacesOf(99).status()));
}

TEST_P(CatalogDecisionsTest, SplitAndNotAreRemembered) {
  CALOTYPE_ASSERT_OK(catalog().DecideFaces(ada_, std::vector{faces_[1]}));
  const PersonId other = Value(catalog().SplitPerson(std::vector{faces_[1]})).person;
  EXPECT_EQ(FaceOf(faces_[1]).person, other);
  EXPECT_THAT(FaceOf(faces_[1]).not_people, ElementsAre(ada_));
  CALOTYPE_ASSERT_OK(catalog().SetNotPerson(other, std::vector{faces_[1]}));
  EXPECT_EQ(FaceOf(faces_[1]).person, std::nullopt);
  EXPECT_THAT(FaceOf(faces_[1]).not_people, ElementsAre(ada_, other));
  CALOTYPE_ASSERT_OK(catalog().DecideFaces(ada_, std::vector{faces_[1]}));
  EXPECT_THAT(FaceOf(faces_[1]).not_people, ElementsAre(other)) << "the later word counts";
}

TEST_P(CatalogDecisionsTest, DecisionsOutliveANewLook) {
  CALOTYPE_ASSERT_OK(catalog().DecideFaces(ada_, std::vector{faces_[0]}));
  CALOTYPE_ASSERT_OK(catalog().SetNotPerson(bob_, std::vector{faces_[1]}));
  const PhotoId photo = Value(catalog().FindByPath("/a.jpg"));
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(photo)));
  EXPECT_EQ(FaceOf(faces_[0]).person, ada_);
  EXPECT_TRUE(FaceOf(faces_[0]).decided);
  EXPECT_THAT(FaceOf(faces_[1]).not_people, ElementsAre(bob_));
}

TEST_P(CatalogDecisionsTest, CoverAndHiding) {
  CALOTYPE_ASSERT_OK(catalog().MergePeople(ada_, std::vector{bob_}));
  for (const FaceId face : {faces_[0], faces_[1]}) {
    CALOTYPE_ASSERT_OK(catalog().ChangePerson(ada_, {.cover = face}));
    EXPECT_EQ(Value(catalog().People())[0].cover, face);
  }
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(bob_, {.hidden = true}));
  EXPECT_TRUE(Value(catalog().People())[0].hidden);
  EXPECT_THAT(Value(catalog().FacesOf(ada_)), SizeIs(2));
}

// Faces of FullResult() are at (10, 10) and (200, 10), 40x50; their embeddings are (1, 0) and (0, 1).
class ForgetTest : public CatalogTest {
 protected:
  ForgetTest() : photo_(Add("/a.jpg", "a")) {
    EXPECT_EQ(Message(catalog().RequireAnalyses(
                  std::vector<AnalysisVersion>{{"faces.detect", "v1"}, {"faces.recognise", "v1"}})),
              "");
    EXPECT_EQ(Message(StoreOne(Found())), "");
    ada_ = Value(catalog().CreatePerson());
    EXPECT_EQ(Message(catalog().ChangePerson(ada_, {.name = "Ada Lovelace"})), "");
    const FaceId face = Value(catalog().Faces())[0].id;
    EXPECT_EQ(Message(catalog().AssignFaces(ada_, std::vector{face})), "");
  }
  PhotoResult Found(const std::string& version = "v1") const {
    PhotoResult result = FullResult(photo_);
    // Where 640x480 pixels have the first face.
    result.properties->facts.regions = {
        {.name = "Ada Lovelace", .box = {10 / 640.F, 10 / 480.F, 40 / 640.F, 50 / 480.F}},
        {.name = "Bob", .box = {200 / 640.F, 10 / 480.F, 40 / 640.F, 50 / 480.F}}};
    for (AnalysisOutcome& outcome : result.outcomes) {
      outcome.version = outcome.analysis.starts_with("faces.") ? version : outcome.version;
    }
    return result;
  }
  std::vector<std::string> Regions() {
    std::vector<std::string> names;
    const PhotoRecord photo = Value(catalog().GetPhoto(photo_));
    for (const NamedRegion& region : photo.properties->facts.regions) {
      names.push_back(region.name);
    }
    return names;
  }
  // True if one of the catalogue's files has these bytes.
  bool FilesHave(std::string_view bytes) const {
    return std::ranges::any_of(std::filesystem::recursive_directory_iterator(folder()), [bytes](const auto& entry) {
      std::ifstream stream(entry.path(), std::ios::binary);
      const std::string content(std::istreambuf_iterator<char>(stream), {});
      return content.find(bytes) != std::string::npos;
    });
  }

  const PhotoId photo_;
  PersonId ada_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Backends, ForgetTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(ForgetTest, ThePersonAndTheVectorsAreGone) {
  const PersonId bob = Value(catalog().CreatePerson());
  const PersonId other = Value(catalog().CreatePerson());
  const FaceId face = Value(catalog().Faces())[1].id;
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(bob, std::vector{face}));
  CALOTYPE_ASSERT_OK(catalog().MergePeople(ada_, std::vector{other}));
  const auto forgotten = Value(catalog().ForgetPerson(other));
  ASSERT_THAT(forgotten, SizeIs(1));
  EXPECT_EQ(forgotten[0].photo, photo_);
  EXPECT_EQ(forgotten[0].box.x, 10);
  for (const PersonId number : {ada_, other}) {
    EXPECT_TRUE(absl::IsNotFound(catalog().ResolvePerson(number).status()));
  }
  const auto faces = Value(catalog().Faces());
  ASSERT_THAT(faces, SizeIs(1)) << "only a face with a vector is clustered";
  EXPECT_EQ(faces[0].person, bob);
  const auto people = Value(catalog().GetPhoto(photo_)).face_people;
  EXPECT_TRUE(people.size() == 2 && !people[0].has_value() && people[1] == bob);
  EXPECT_THAT(Regions(), ElementsAre("Bob"));
  EXPECT_THAT(Value(catalog().PersonNames()), ElementsAre("Bob"));
  EXPECT_TRUE(absl::IsNotFound(catalog().ForgetPerson(99).status()));
  EXPECT_THAT(Value(catalog().Check()), IsEmpty());
}

TEST_P(ForgetTest, ALaterScanFindsNeitherVectorNorName) {
  Value(catalog().ForgetPerson(ada_));
  CALOTYPE_ASSERT_OK(StoreOne(Found()));
  ASSERT_THAT(Value(catalog().Faces()), SizeIs(1));
  EXPECT_THAT(Regions(), ElementsAre("Bob"));
  EXPECT_EQ(Value(catalog().ImportRegionNames()), 1) << "Bob";
  EXPECT_THAT(Value(catalog().GetPhoto(photo_)).face_names, ElementsAre("", "Bob"));
  // A detector that does not find the face, then one that finds it a little elsewhere.
  PhotoResult without = Found();
  without.findings.faces->erase(without.findings.faces->begin());
  CALOTYPE_ASSERT_OK(StoreOne(without));
  PhotoResult moved = Found();
  moved.findings.faces->front().box.x += 8;
  CALOTYPE_ASSERT_OK(StoreOne(moved));
  EXPECT_THAT(Value(catalog().Faces()), SizeIs(1));
  EXPECT_THAT(Value(catalog().GetPhoto(photo_)).face_people, SizeIs(2)) << "the face is there, without a vector";
}

TEST_P(ForgetTest, NewModelsAndAWayBackFindNoVector) {
  Value(catalog().ForgetPerson(ada_));
  for (const char* version : {"v2", "v1"}) {
    CALOTYPE_ASSERT_OK(catalog().RequireAnalyses(
        std::vector<AnalysisVersion>{{"faces.detect", version}, {"faces.recognise", version}}));
    CALOTYPE_ASSERT_OK(StoreOne(Found(version)));
    Value(catalog().CompleteSwitch());
    EXPECT_THAT(Value(catalog().Faces()), SizeIs(1)) << version;
    EXPECT_EQ(Value(catalog().GetPhoto(photo_)).face_people[0], std::nullopt) << version;
  }
}

TEST_P(ForgetTest, KeptVectorsAreDeletedToo) {
  CALOTYPE_ASSERT_OK(
      catalog().RequireAnalyses(std::vector<AnalysisVersion>{{"faces.detect", "v2"}, {"faces.recognise", "v2"}}));
  PhotoResult without = Found("v2");
  without.findings.faces->erase(without.findings.faces->begin());
  CALOTYPE_ASSERT_OK(StoreOne(without));
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  // Only the kept findings of v1 have the face, under the number of then; a switch back shows it.
  ASSERT_THAT(Value(catalog().Faces()), SizeIs(1));
  const PersonId merged_into = Value(catalog().CreatePerson());
  CALOTYPE_ASSERT_OK(catalog().MergePeople(merged_into, std::vector{ada_}));
  EXPECT_THAT(Value(catalog().ForgetPerson(merged_into)), SizeIs(1));
  CALOTYPE_ASSERT_OK(
      catalog().RequireAnalyses(std::vector<AnalysisVersion>{{"faces.detect", "v1"}, {"faces.recognise", "v1"}}));
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  EXPECT_THAT(Value(catalog().GetPhoto(photo_)).face_people, SizeIs(2)) << "v1 is shown";
  EXPECT_THAT(Value(catalog().Faces()), SizeIs(1));
}

TEST_P(ForgetTest, TheUserMayAskForTheFaceAgain) {
  const FaceId face = Value(catalog().Faces())[0].id;
  Value(catalog().ForgetPerson(ada_));
  EXPECT_EQ(CountsOf("faces.recognise").done, 1);
  const PersonId again = Value(catalog().SplitPerson(std::vector{face})).person;
  EXPECT_EQ(CountsOf("faces.detect").pending + CountsOf("faces.recognise").pending, 2);
  CALOTYPE_ASSERT_OK(StoreOne(Found()));
  EXPECT_THAT(Value(catalog().Faces()), SizeIs(2));
  EXPECT_THAT(Value(catalog().FacesOf(again)), SizeIs(1));
  EXPECT_THAT(Regions(), ElementsAre("Ada Lovelace", "Bob"));
}

TEST_P(ForgetTest, ANameElsewhereGoesUnlessSomebodyElseHasIt) {
  PhotoResult other = FullResult(Add("/b.jpg", "b"));
  other.properties->facts.regions = {{.name = "ada lovelace", .box = {0.8F, 0.8F, 0.1F, 0.1F}}};
  CALOTYPE_ASSERT_OK(StoreOne(other));
  EXPECT_THAT(Value(catalog().PhotosNaming("ADA Lovelace")), ElementsAre(photo_, other.id));
  EXPECT_THAT(Value(catalog().PhotosNaming("")), IsEmpty());
  const PersonId namesake = Value(catalog().CreatePerson());
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(namesake, {.name = "Ada Lovelace"}));
  Value(catalog().ForgetPerson(ada_));
  EXPECT_THAT(Value(catalog().GetPhoto(other.id)).properties->facts.regions, SizeIs(1));
  Value(catalog().ForgetPerson(namesake));
  EXPECT_THAT(Value(catalog().GetPhoto(other.id)).properties->facts.regions, IsEmpty());
}

TEST_P(ForgetTest, APhotoThatIsDeletedLeavesNoPlace) {
  Value(catalog().ForgetPerson(ada_));
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/a.jpg"}));
  EXPECT_EQ(Value(catalog().DeleteMissing(4'000'000'000)), 1);
  EXPECT_THAT(Value(catalog().Check()), IsEmpty());
  PhotoResult again = Found();
  again.id = Add("/a.jpg", "a");
  CALOTYPE_ASSERT_OK(StoreOne(again));
  EXPECT_THAT(Value(catalog().Faces()), SizeIs(2)) << "a new photo, of which nothing is known";
}

TEST_P(ForgetTest, TheFilesHaveNoByteOfIt) {
  if (GetParam().on_server) {
    GTEST_SKIP() << "PostgresTest.DeletedBytesAreErased looks into the server's files";
  }
  // Many vectors of one person, stored twice, so that rows move between pages.
  std::vector<FaceId> faces;
  std::vector<std::string> vectors;
  for (int i = 0; i < 60; ++i) {
    PhotoResult result = FullResult(Add("/" + std::to_string(i), std::to_string(i)));
    std::vector<float> embedding(512);
    std::ranges::generate(embedding, [n = i]() mutable { return static_cast<float>(n++ * 37 % 101) / 1000; });
    const std::vector<uint16_t> halves = ToHalf(embedding);
    vectors.emplace_back(reinterpret_cast<const char*>(halves.data()), 64);
    result.findings.faces->front().embedding = embedding;
    CALOTYPE_ASSERT_OK(StoreOne(result));
    CALOTYPE_ASSERT_OK(StoreOne(result));
  }
  for (const FaceRecord& face : Value(catalog().Faces())) {
    if (face.embedding.size() == 512) {
      faces.push_back(face.id);
    }
  }
  ASSERT_THAT(faces, SizeIs(60));
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(ada_, faces));
  for (const std::string& vector : vectors) {
    ASSERT_TRUE(FilesHave(vector));
  }
  ASSERT_TRUE(FilesHave("Ada Lovelace"));
  EXPECT_FALSE(Value(catalog().MustErase()));
  Value(catalog().ForgetPerson(ada_));
  EXPECT_TRUE(Value(catalog().MustErase()));
  CALOTYPE_ASSERT_OK(catalog().EraseDeleted());
  EXPECT_FALSE(Value(catalog().MustErase()));
  for (const std::string& vector : vectors) {
    EXPECT_FALSE(FilesHave(vector));
  }
  EXPECT_FALSE(FilesHave("Ada Lovelace"));
  EXPECT_THAT(Value(catalog().Faces()), SizeIs(61)) << "those of others";
}

}  // namespace
}  // namespace calotype
