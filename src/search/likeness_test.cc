// Duplicates, look-alikes and people, on small hand-made vectors and hashes.
#include <fmt/format.h>

#include <algorithm>

#include "search/duplicates.h"
#include "search/people.h"
#include "search/search_test_util.h"
#include "search/similar.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class DuplicatesTest : public SearchTest {
 protected:
  // A photo whose hash has the first `bits` bits set.
  PhotoId AddHash(const std::string& path, int bits, int quality, int side) {
    PhotoResult result;
    result.properties = PhotoProperties{.format = PhotoFormat::kJpeg, .width = side, .height = side, .facts = {}};
    result.findings.pdq.emplace().quality = quality;
    for (int i = 0; i < bits; ++i) {
      result.findings.pdq->hash[static_cast<std::size_t>(i / 8)] |= static_cast<uint8_t>(0x80 >> (i % 8));
    }
    return AddPhoto(path, result);
  }
  std::vector<std::vector<PhotoId>> Groups() {
    std::vector<std::vector<PhotoId>> groups;
    for (const DuplicateGroup& group : Value(FindDuplicates(catalog(), {}))) {
      auto& ids = groups.emplace_back();
      for (const DuplicatePhoto& photo : group) {
        ids.push_back(photo.photo);
      }
    }
    return groups;
  }
};

TEST_F(DuplicatesTest, ThirtyOneBitsAreACopyThirtyTwoAreNot) {
  const PhotoId small = AddHash("/small", 0, 100, 100);
  const PhotoId large = AddHash("/large", 31, 100, 200);
  AddHash("/other", 63, 100, 300);
  const auto groups = Value(FindDuplicates(catalog(), {}));
  ASSERT_THAT(groups, SizeIs(1));
  ASSERT_THAT(groups[0], SizeIs(2));
  EXPECT_EQ(groups[0][0].photo, large) << "the larger one is to be kept";
  EXPECT_EQ(groups[0][0].distance, 0);
  EXPECT_EQ(groups[0][0].width, 200);
  EXPECT_EQ(groups[0][1].photo, small);
  EXPECT_EQ(groups[0][1].distance, 31);
  EXPECT_THAT(groups[0][1].paths, ElementsAre("/small"));
}

TEST_F(DuplicatesTest, PairsThatShareAPhotoAreOneGroup) {
  const PhotoId a = AddHash("/a", 0, 100, 100);
  const PhotoId b = AddHash("/b", 25, 100, 100);
  const PhotoId c = AddHash("/c", 50, 100, 100);
  EXPECT_THAT(Groups(), ElementsAre(std::vector{a, b, c})) << "equal size and bytes: the first booked is kept";
}

TEST_F(DuplicatesTest, BytesDecideBetweenEqualSizes) {
  const PhotoId a = AddHash("/a", 0, 100, 100);
  const PhotoId b = AddHash("/larger-file", 0, 100, 100);  // the tests book a path's length as its bytes
  EXPECT_THAT(Groups(), ElementsAre(std::vector{b, a}));
}

TEST_F(DuplicatesTest, HashesOfPoorQualityAreNotCompared) {
  AddHash("/a", 0, 100, 100);
  AddHash("/b", 0, 49, 100);
  EXPECT_THAT(Groups(), IsEmpty());
  AddHash("/c", 0, 50, 100);
  EXPECT_THAT(Groups(), SizeIs(1));
}

TEST_F(DuplicatesTest, SameBytesAtTwoPathsAreAGroup) {
  const PhotoId photo = AddHash("/a", 0, 100, 100);
  CALOTYPE_ASSERT_OK(catalog().AddFile("/copy", StampOf(2), DigestOf("/a")).status());
  CALOTYPE_ASSERT_OK(catalog().AddFile("/gone", StampOf(2), DigestOf("/a")).status());
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/gone"}));
  const auto groups = Value(FindDuplicates(catalog(), {}));
  ASSERT_THAT(groups, SizeIs(1));
  ASSERT_THAT(groups[0], SizeIs(1));
  EXPECT_EQ(groups[0][0].photo, photo);
  EXPECT_THAT(groups[0][0].paths, ElementsAre("/a", "/copy"));
  AddHash("/near", 3, 100, 100);
  EXPECT_THAT(Groups(), SizeIs(1)) << "each photo is in one group";
}

class SimilarTest : public SearchTest {};

TEST_F(SimilarTest, NearestFirstWithoutItself) {
  const PhotoId self = AddPhoto("/self", WithMeaning({1, 0}));
  const PhotoId far = AddPhoto("/far", WithMeaning(AtCosine(-0.5F)));
  const PhotoId near = AddPhoto("/near", WithMeaning(AtCosine(0.9F)));
  const auto similar = Value(FindSimilar(catalog(), vectors_, self, 10));
  ASSERT_THAT(similar, SizeIs(2));
  EXPECT_EQ(similar[0].photo, near);
  EXPECT_EQ(similar[0].path, "/near");
  EXPECT_NEAR(similar[0].cosine, 0.9, 1e-3);  // f16
  EXPECT_EQ(similar[1].photo, far);
  EXPECT_THAT(Value(FindSimilar(catalog(), vectors_, self, 1)), SizeIs(1));
}

TEST_F(SimilarTest, ErrorsSayWhatIsMissing) {
  EXPECT_TRUE(absl::IsNotFound(FindSimilar(catalog(), vectors_, 99, 10).status()));
  const PhotoId bare = AddPhoto("/bare", {});
  const Status status = FindSimilar(catalog(), vectors_, bare, 10).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(Message(status), testing::HasSubstr("/bare"));
  EXPECT_TRUE(absl::IsInvalidArgument(FindSimilar(catalog(), vectors_, bare, 0).status()));
}

class PeopleTest : public SearchTest {
 protected:
  static constexpr float kThreshold = 0.73F;

  void AddFaces(const std::string& path, std::vector<std::vector<float>> embeddings, float score = 0.9F,
                float side = 40) {
    PhotoResult result;
    auto& faces = result.findings.faces.emplace();
    for (std::vector<float>& embedding : embeddings) {
      FaceFinding face = FaceAt(static_cast<float>(faces.size()) * 100, std::move(embedding));
      face.score = score;
      face.box.width = side;
      faces.push_back(std::move(face));
    }
    AddPhoto(path, result);
  }
  // The person of each face, by rising face id; 0 for none.
  std::vector<PersonId> PersonOfEach() {
    std::vector<PersonId> people;
    for (const FaceRecord& face : Value(catalog().Faces())) {
      people.push_back(face.person.value_or(0));
    }
    return people;
  }
  std::vector<PersonId> Update() {
    EXPECT_EQ(Message(UpdatePeople(catalog(), kThreshold, &update_)), "");
    return PersonOfEach();
  }

  PeopleUpdate update_;
};

TEST_F(PeopleTest, AlikeFacesAreOnePersonOthersAreNot) {
  AddFaces("/1", {{1, 0}});
  AddFaces("/2", {{0, 1}});
  AddFaces("/3", {AtCosine(0.9F)});
  AddFaces("/4", {AtCosine(-0.2F)});
  EXPECT_THAT(Update(), ElementsAre(1, 2, 1, 2));
  EXPECT_EQ(update_.founded, 2);
  EXPECT_EQ(update_.joined, 0);
  EXPECT_THAT(Update(), ElementsAre(1, 2, 1, 2)) << "a second run changes nothing";
  EXPECT_EQ(update_.founded, 0);
}

TEST_F(PeopleTest, LaterFacesJoinThePeopleThereAre) {
  AddFaces("/1", {{1, 0}});
  Update();
  CALOTYPE_ASSERT_OK(catalog().NamePerson(1, "Ada"));
  AddFaces("/2", {{0, 1}, AtCosine(0.8F)});
  EXPECT_THAT(Update(), ElementsAre(1, 2, 1));
  EXPECT_EQ(update_.joined, 1);
  EXPECT_EQ(update_.founded, 1);
  EXPECT_EQ(Value(catalog().People())[0].name, "Ada");
}

TEST_F(PeopleTest, TwoFacesOfOnePhotoAreNeverOnePerson) {
  AddFaces("/twins", {{1, 0}, AtCosine(0.99F)});
  EXPECT_THAT(Update(), ElementsAre(1, 2));
  // Each goes to the twin that it is nearer to, whichever comes first in the photo.
  AddFaces("/again", {AtCosine(0.995F), {1, 0}});
  EXPECT_THAT(Update(), ElementsAre(1, 2, 2, 1));
}

TEST_F(PeopleTest, BelowTheThresholdApart) {
  AddFaces("/1", {{1, 0}});
  AddFaces("/2", {AtCosine(0.72F)});
  EXPECT_THAT(Update(), ElementsAre(1, 2));
}

TEST_F(PeopleTest, SmallAndUnsureFacesJoinButDoNotFound) {
  AddFaces("/small", {{1, 0}}, 0.9F, 23);
  AddFaces("/unsure", {{0, 1}}, 0.59F);
  EXPECT_THAT(Update(), ElementsAre(0, 0));
  EXPECT_EQ(update_.left, 2);
  AddFaces("/clear", {{1, 0}});
  EXPECT_THAT(Update(), ElementsAre(1, 0, 1)) << "though it was booked later";
}

TEST_F(PeopleTest, FacesOfAPersonAreNeverMoved) {
  AddFaces("/1", {{1, 0}});
  AddFaces("/2", {{0, 1}});
  AddFaces("/3", {{1, 0}});
  const PersonId ada = Value(catalog().CreatePerson());
  const std::vector<FaceRecord> faces = Value(catalog().Faces());
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(ada, std::vector{faces[0].id, faces[1].id}));
  const std::vector<PersonId> people = Update();
  EXPECT_EQ(people[0], ada);
  EXPECT_EQ(people[1], ada);
  EXPECT_NE(people[2], ada) << "half of its mean is a face quite unlike";
}

TEST_F(PeopleTest, EmbeddingsOfOtherModelsAreNotCompared) {
  AddFaces("/1", {{1, 0}});
  AddFaces("/2", {{1, 0, 0}});
  PhotoResult other;
  other.findings.faces = {FaceAt(10, {1, 0})};
  const PhotoId photo = AddPhoto("/3", other);
  other.id = photo;
  other.outcomes = {Done("faces.recognise")};
  other.outcomes[0].version = "v2";
  CALOTYPE_ASSERT_OK(catalog().Store(std::vector{other}));
  EXPECT_TRUE(Value(catalog().CompleteSwitch()));
  EXPECT_THAT(Update(), ElementsAre(1, 2, 3));
}

TEST_F(PeopleTest, WhatAUserDeniedIsNotTriedAgain) {
  AddFaces("/1", {{1, 0}});
  AddFaces("/2", {AtCosine(0.99F)});
  Update();
  CALOTYPE_ASSERT_OK(catalog().SetNotPerson(1, std::vector{Value(catalog().Faces())[1].id}));
  EXPECT_THAT(Update(), ElementsAre(1, 2));
  AddFaces("/3", {AtCosine(0.98F)});
  Update();
  EXPECT_THAT(Update(), testing::SizeIs(3)) << "and stays so";
  EXPECT_NE(PersonOfEach()[1], 1);
}

TEST_F(PeopleTest, APersonWithManyFacesIsComparedWithSomeOfAll) {
  for (int i = 0; i < 300; ++i) {
    AddFaces(fmt::format("/{}", i), {AtCosine(0.9F + 0.0003F * static_cast<float>(i))});
  }
  AddFaces("/other", {{0, -1}});
  const std::vector<PersonId> people = Update();
  EXPECT_TRUE(std::all_of(people.begin(), people.end() - 1, [](PersonId person) { return person == 1; }));
  EXPECT_EQ(people.back(), 2);
}

TEST_F(PeopleTest, NoFacesNoPeople) { EXPECT_THAT(Update(), IsEmpty()); }

}  // namespace
}  // namespace calotype
