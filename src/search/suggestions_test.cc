#include "search/suggestions.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/half.h"
#include "search/search_test_util.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr float kMaybe = 0.6F;

class SuggestionsTest : public testing::Test {
 protected:
  // A face in a photo of its own. AtCosine(c) is at the cosine `c` to AtCosine(1).
  FaceRecord& Add(std::optional<PersonId> person, const std::vector<float>& embedding) {
    const auto id = static_cast<FaceId>(faces_.size() + 1);
    faces_.push_back({.id = id,
                      .photo = 100 + id,
                      .score = 0.9F,
                      .box = {0, 0, 40, 40},
                      .person = person,
                      .embedding = ToHalf(embedding),
                      .version = "v1"});
    return faces_.back();
  }
  void Person(PersonId id, const std::string& name, bool hidden = false) {
    people_.push_back({.id = id, .name = name, .hidden = hidden});
  }
  // Each suggestion as "person or face -> suggested".
  std::vector<std::string> Suggest(std::size_t limit = 99) const {
    std::vector<std::string> texts;
    for (const PersonSuggestion& one : SuggestPeople(faces_, people_, kMaybe, limit)) {
      texts.push_back(one.person.has_value() ? fmt::format("{} -> {}", *one.person, one.suggested)
                                             : fmt::format("face {} -> {}", one.faces.at(0), one.suggested));
    }
    return texts;
  }

  std::vector<FaceRecord> faces_;
  std::vector<PersonRecord> people_;
};

TEST_F(SuggestionsTest, TheMostAlikeComeFirst) {
  Person(1, "Ada");
  Person(2, "");
  Person(3, "");
  Person(4, "");
  Add(1, {1, 0});
  Add(2, AtCosine(0.65F));
  Add(3, AtCosine(0.7F));
  Add(4, AtCosine(0.5F));
  Add(std::nullopt, AtCosine(0.68F));
  EXPECT_THAT(Suggest(), ElementsAre("3 -> 1", "face 5 -> 1", "2 -> 1"));
  EXPECT_THAT(Suggest(1), ElementsAre("3 -> 1"));
  EXPECT_NEAR(SuggestPeople(faces_, people_, kMaybe, 1)[0].likeness, 0.7, 0.001);
}

TEST_F(SuggestionsTest, OnlyPeopleWithNamesAreSuggested) {
  Person(1, "");
  Person(2, "");
  Add(1, {1, 0});
  Add(2, AtCosine(0.7F));
  EXPECT_THAT(Suggest(), IsEmpty());
  people_[0].name = "Ada";
  EXPECT_THAT(Suggest(), ElementsAre("2 -> 1"));
  people_[1].name = "Bob";
  EXPECT_THAT(Suggest(), IsEmpty()) << "both are known";
}

TEST_F(SuggestionsTest, OfSeveralTheMostAlikeIsSuggested) {
  Person(1, "Ada");
  Person(2, "Eve");
  Person(3, "");
  Add(1, {1, 0});
  Add(2, AtCosine(0.55F));
  Add(3, AtCosine(0.85F));
  EXPECT_THAT(Suggest(), ElementsAre("3 -> 2"));
}

TEST_F(SuggestionsTest, ARejectedSuggestionIsNotMadeAgain) {
  Person(1, "Ada");
  Person(2, "");
  Add(1, {1, 0});
  Add(2, AtCosine(0.7F)).not_people = {1};
  Add(2, AtCosine(0.72F));
  Add(std::nullopt, AtCosine(0.7F)).not_people = {1};
  EXPECT_THAT(Suggest(), IsEmpty()) << "one face of the person is enough";
}

TEST_F(SuggestionsTest, TwoFacesOfOnePhotoAreTwoPeople) {
  Person(1, "Ada");
  Person(2, "");
  Add(1, {1, 0}).photo = 7;
  Add(2, AtCosine(0.7F)).photo = 7;
  Add(2, AtCosine(0.7F));
  Add(std::nullopt, AtCosine(0.7F)).photo = 7;
  EXPECT_THAT(Suggest(), IsEmpty());
}

TEST_F(SuggestionsTest, HiddenPeopleAreLeftOut) {
  Person(1, "Ada");
  Person(2, "", true);
  Person(3, "Eve", true);
  Person(4, "");
  Add(1, {1, 0});
  Add(2, AtCosine(0.7F));
  Add(3, AtCosine(-0.5F));
  Add(4, AtCosine(-0.55F));
  EXPECT_THAT(Suggest(), IsEmpty());
}

TEST_F(SuggestionsTest, VectorsOfAnotherModelAreNotCompared) {
  Person(1, "Ada");
  Person(2, "");
  Add(1, {1, 0});
  Add(2, AtCosine(0.7F)).version = "v2";
  EXPECT_THAT(Suggest(), IsEmpty());
}

TEST_F(SuggestionsTest, AllFacesOfAPersonCount) {
  Person(1, "Ada");
  Person(2, "");
  Add(1, {1, 0});
  // One alike, but the person as a whole is not.
  Add(2, AtCosine(0.75F));
  Add(2, AtCosine(0.3F));
  Add(2, AtCosine(0.3F));
  EXPECT_THAT(Suggest(), IsEmpty());
  faces_[2].embedding = faces_[3].embedding = ToHalf(AtCosine(0.7F));
  const auto suggestions = SuggestPeople(faces_, people_, kMaybe, 9);
  ASSERT_THAT(suggestions, SizeIs(1));
  EXPECT_NEAR(suggestions[0].likeness, (0.75 + 0.7 + 0.7) / 3, 0.001);
}

TEST_F(SuggestionsTest, TheClearestFaceComesFirst) {
  Person(1, "Ada");
  Person(2, "");
  Add(1, {1, 0});
  Add(2, AtCosine(0.7F)).box.width = 10;
  Add(2, AtCosine(0.7F)).box.width = 90;
  Add(2, AtCosine(0.7F)).box.width = 50;
  const auto suggestions = SuggestPeople(faces_, people_, kMaybe, 9);
  ASSERT_THAT(suggestions, SizeIs(1));
  EXPECT_THAT(suggestions[0].faces, ElementsAre(3, 4, 2));
}

}  // namespace
}  // namespace calotype
