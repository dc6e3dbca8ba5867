// Tests UpdatePeople() on small synthetic vectors.
#include "search/people.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "search/search_test_util.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class PeopleTest : public SearchTest {
 protected:
  static constexpr float kThreshold = 0.73F;

  void AddFaces(const std::string& path, std::vector<std::vector<float>> embeddings, float score = 0.9F,
                float side = 40, std::optional<float> sharpness = 0.4F) {
    PhotoResult result;
    auto& faces = result.findings.faces.emplace();
    for (std::vector<float>& embedding : embeddings) {
      FaceFinding face = FaceAt(static_cast<float>(faces.size()) * 100, std::move(embedding));
      face.score = score;
      face.box.width = side;
      face.sharpness = sharpness;
      faces.push_back(std::move(face));
    }
    AddPhoto(path, result);
  }
  // The person of each face, by ascending face id; 0: none.
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

TEST_F(PeopleTest, SimilarFacesAreOnePerson) {
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

TEST_F(PeopleTest, LaterFacesJoinExistingPeople) {
  AddFaces("/1", {{1, 0}});
  Update();
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(1, {.name = "Ada"}));
  AddFaces("/2", {{0, 1}, AtCosine(0.8F)});
  EXPECT_THAT(Update(), ElementsAre(1, 2, 1));
  EXPECT_EQ(update_.joined, 1);
  EXPECT_EQ(update_.founded, 1);
  EXPECT_EQ(Value(catalog().People())[0].name, "Ada");
}

TEST_F(PeopleTest, TwoFacesOfOnePhotoAreNeverOnePerson) {
  AddFaces("/twins", {{1, 0}, AtCosine(0.99F)});
  EXPECT_THAT(Update(), ElementsAre(1, 2));
  // Each face joins the nearer twin, whichever comes first in the photo.
  AddFaces("/again", {AtCosine(0.995F), {1, 0}});
  EXPECT_THAT(Update(), ElementsAre(1, 2, 2, 1));
}

TEST_F(PeopleTest, FacesBelowTheThresholdAreSeparate) {
  AddFaces("/1", {{1, 0}});
  AddFaces("/2", {AtCosine(0.72F)});
  EXPECT_THAT(Update(), ElementsAre(1, 2));
}

TEST_F(PeopleTest, SmallAndUncertainFacesJoinButDoNotCreatePeople) {
  AddFaces("/small", {{1, 0}}, 0.9F, 23);
  AddFaces("/unsure", {{0, 1}}, 0.59F);
  EXPECT_THAT(Update(), ElementsAre(0, 0));
  EXPECT_EQ(update_.left, 2);
  AddFaces("/clear", {{1, 0}});
  EXPECT_THAT(Update(), ElementsAre(1, 0, 1)) << "though it was booked later";
}

TEST_F(PeopleTest, BlurredFacesJoinButDoNotCreatePeople) {
  AddFaces("/blurred", {{1, 0}, {0, -1}}, 0.9F, 200, 0.24F);
  EXPECT_THAT(Update(), ElementsAre(0, 0));
  EXPECT_EQ(update_.left, 2);
  AddFaces("/sharp", {{1, 0}}, 0.9F, 40, 0.25F);
  EXPECT_THAT(Update(), ElementsAre(1, 0, 1));
  AddFaces("/blurred too", {AtCosine(0.9F)}, 0.9F, 200, 0);
  EXPECT_THAT(Update(), ElementsAre(1, 0, 1, 1));
  AddFaces("/of before it was measured", {{0, -1}}, 0.9F, 40, std::nullopt);
  EXPECT_THAT(Update(), ElementsAre(1, 2, 1, 1, 2)) << "not known is not blurred";
}

// A face without a person is compared again with people who changed, and with all after a user's decision.
TEST_F(PeopleTest, FacesWithoutAPersonJoinPeopleCreatedLater) {
  AddFaces("/small", {{0, 1}}, 0.9F, 23);
  AddFaces("/1", {{1, 0}});
  EXPECT_THAT(Update(), ElementsAre(0, 1));
  EXPECT_EQ(update_.compared, 2);
  AddFaces("/2", {{1, 0}});
  EXPECT_THAT(Update(), ElementsAre(0, 1, 1));
  EXPECT_EQ(update_.left, 1);
  EXPECT_EQ(update_.compared, 1) << "the small one was, and what decided it is as it was";
  Update();
  EXPECT_EQ(update_.left, 1);
  EXPECT_EQ(update_.compared, 0);
  AddFaces("/3", {AtCosine(-0.1F)});
  EXPECT_THAT(Update(), ElementsAre(2, 1, 1, 2));
  EXPECT_EQ(update_.founded, 1);
  EXPECT_EQ(update_.left, 0);
}

// A small face joins a person; the centroid is then near enough to another small face that came earlier.
TEST_F(PeopleTest, AFaceThatJoinsMakesOthersJoin) {
  AddFaces("/clear", {{1, 0}});
  AddFaces("/far", {AtCosine(0.6F)}, 0.5F);
  AddFaces("/between", {AtCosine(0.85F)}, 0.5F);
  // The face of "/far" has a cosine of 0.6 with the clear face. Once "/between" belongs to the person, the mean of the
  // two best cosines of "/far" is 0.77.
  EXPECT_THAT(Update(), ElementsAre(1, 1, 1));
  EXPECT_THAT(Update(), ElementsAre(1, 1, 1)) << "a second run changes nothing";
}

TEST_F(PeopleTest, AfterADecisionAllFacesAreComparedAgain) {
  AddFaces("/1", {{1, 0}});
  AddFaces("/2", {{0, 1}, {1, 0}}, 0.9F);
  AddFaces("/small", {AtCosine(0.75F)}, 0.9F, 23);
  EXPECT_THAT(Update(), ElementsAre(1, 2, 1, 1));
  const FaceId small = Value(catalog().Faces())[3].id;
  CALOTYPE_ASSERT_OK(catalog().SetNotPerson(1, std::vector{small}));
  EXPECT_THAT(Update(), ElementsAre(1, 2, 1, 0)) << "0.66 to the other";
  EXPECT_EQ(update_.left, 1);
  EXPECT_EQ(update_.compared, 1);
  EXPECT_EQ(Message(UpdatePeople(catalog(), 0.6F, &update_)), "");
  EXPECT_THAT(PersonOfEach(), ElementsAre(1, 2, 1, 2)) << "another threshold";
}

TEST_F(PeopleTest, FacesWithAPersonAreNeverMoved) {
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

TEST_F(PeopleTest, ARejectedPersonIsNotAssignedAgain) {
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

TEST_F(PeopleTest, OnlySomeFacesOfALargePersonAreCompared) {
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
