// DecisionCatalog: the journal of decisions, and undo.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>
#include <string>
#include <vector>

#include "catalog/conformance/catalog_test.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Six faces in three photos. Ada (named) has the first two, Bob (not named) the next two; the others have nobody.
class JournalTest : public CatalogTest {
 protected:
  JournalTest() {
    for (const char* path : {"/a.jpg", "/b.jpg", "/c.jpg"}) {
      EXPECT_EQ(Message(StoreOne(FullResult(Add(path, path)))), "");
    }
    for (const FaceRecord& face : Value(catalog().Faces())) {
      faces_.push_back(face.id);
    }
    ada_ = Value(catalog().CreatePerson());
    bob_ = Value(catalog().CreatePerson());
    EXPECT_EQ(Message(catalog().AssignFaces(ada_, std::vector{faces_[0], faces_[1]})), "");
    EXPECT_EQ(Message(catalog().AssignFaces(bob_, std::vector{faces_[2], faces_[3]})), "");
    naming_ = *Value(catalog().ChangePerson(ada_, {.name = "Ada"}));
  }
  // All that decisions can change.
  std::string State() {
    std::string state;
    for (const FaceRecord& face : Value(catalog().Faces())) {
      state += fmt::format("face {}: {} {} not {}\n", face.id, face.person.value_or(0), face.decided,
                           fmt::join(face.not_people, ","));
    }
    for (const PersonRecord& person : Value(catalog().People())) {
      state += fmt::format("person {}: {} {} {}\n", person.id, person.name, person.hidden, person.cover);
    }
    for (PersonId number = 1; number < 9; ++number) {
      const StatusOr<PersonId> meant = catalog().ResolvePerson(number);
      state += fmt::format("{} is {}\n", number, meant.value_or(0));
    }
    return state;
  }
  // Decides something, and undoes it. All must be as before.
  void ExpectUndone(const std::function<Decided()>& decide, const std::string& text) {
    const std::string before = State();
    const Decided decision = decide();
    ASSERT_TRUE(decision.has_value());
    EXPECT_NE(State(), before);
    const std::vector<DecisionRecord> made = Value(catalog().Decisions(std::nullopt, 1));
    ASSERT_THAT(made, SizeIs(1));
    EXPECT_EQ(made[0].id, *decision);
    EXPECT_EQ(made[0].text, text);
    EXPECT_EQ(made[0].obstacle, "");
    EXPECT_GT(made[0].made_at, 0);
    EXPECT_FALSE(made[0].undone_at.has_value());
    const DecisionRecord undone = Value(catalog().UndoDecision(*decision));
    EXPECT_TRUE(undone.undone_at.has_value());
    EXPECT_EQ(State(), before);
    EXPECT_EQ(ObstacleOf(*decision), "it was undone already");
    EXPECT_TRUE(absl::IsFailedPrecondition(catalog().UndoDecision(*decision).status()));
    EXPECT_THAT(Value(catalog().Check()), IsEmpty());
  }
  std::string ObstacleOf(DecisionId decision) {
    for (const DecisionRecord& record : Value(catalog().Decisions(std::nullopt, 99))) {
      if (record.id == decision) {
        return record.obstacle;
      }
    }
    return "not in the journal";
  }
  std::vector<FaceId> Faces(std::initializer_list<std::size_t> numbers) const {
    std::vector<FaceId> faces;
    for (const std::size_t number : numbers) {
      faces.push_back(faces_[number]);
    }
    return faces;
  }

  std::vector<FaceId> faces_;
  PersonId ada_ = 0;
  PersonId bob_ = 0;
  DecisionId naming_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Backends, JournalTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(JournalTest, EveryKindIsUndone) {
  const auto change = [this](PersonId person, PersonChange change) {
    return [this, person, change] { return Value(catalog().ChangePerson(person, change)); };
  };
  ExpectUndone(change(bob_, {.name = "Bob"}), fmt::format("Named person {} Bob", bob_));
  ExpectUndone(change(ada_, {.name = "Eve"}), "Renamed Ada to Eve");
  ExpectUndone(change(ada_, {.name = ""}), "Removed the name Ada");
  ExpectUndone(change(ada_, {.hidden = true}), "Hid Ada");
  ExpectUndone(change(ada_, {.cover = faces_[1]}), "Chose another cover for Ada");
  ExpectUndone(change(ada_, {.name = "Eve", .hidden = true}), "Changed Ada");
  ExpectUndone([this] { return Value(catalog().SplitPerson(Faces({1, 4}))).decision; },
               fmt::format("Moved 2 faces to a new person, person {}", bob_ + 1));
  ExpectUndone([this] { return Value(catalog().DecideFaces(ada_, Faces({0, 2, 4}))); }, "Confirmed 3 faces as Ada");
  ExpectUndone([this] { return Value(catalog().SetNotPerson(ada_, Faces({0, 4, 4}))); }, "Rejected 2 faces as Ada");
  // The number of the one who is merged means the other, in a chain, too; exclusions from the one vanish with them.
  const PersonId third = Value(catalog().SplitPerson(Faces({4}))).person;
  CALOTYPE_ASSERT_OK(catalog().SetNotPerson(bob_, Faces({5})));
  CALOTYPE_ASSERT_OK(catalog().MergePeople(bob_, std::vector{third}));
  ExpectUndone([this] { return Value(catalog().MergePeople(ada_, std::vector{bob_})); }, "Merged 1 person into Ada");
  ExpectUndone([this] { return Value(catalog().MergePeople(bob_, std::vector{ada_})); }, "Merged 1 person into Ada");
}

TEST_P(JournalTest, WhatChangesNothingIsNoDecision) {
  EXPECT_EQ(Value(catalog().ChangePerson(ada_, {.name = "Ada"})), std::nullopt);
  EXPECT_EQ(Value(catalog().ChangePerson(ada_, {.hidden = false})), std::nullopt);
  EXPECT_EQ(Value(catalog().MergePeople(ada_, std::vector{ada_})), std::nullopt);
  EXPECT_TRUE(Value(catalog().DecideFaces(ada_, Faces({0}))).has_value()) << "it is decided from now on";
  EXPECT_EQ(Value(catalog().DecideFaces(ada_, Faces({0}))), std::nullopt);
  EXPECT_TRUE(absl::IsNotFound(catalog().DecideFaces(ada_, std::vector<FaceId>{999}).status()));
  EXPECT_THAT(Value(catalog().Decisions(std::nullopt, 99)), SizeIs(2));
}

TEST_P(JournalTest, TheJournalHasPages) {
  for (const char* name : {"B", "C", "D"}) {
    CALOTYPE_ASSERT_OK(catalog().ChangePerson(ada_, {.name = name}));
  }
  std::vector<std::string> texts;
  std::optional<DecisionId> before;
  for (int page = 0; page < 2; ++page) {
    const std::vector<DecisionRecord> decisions = Value(catalog().Decisions(before, 2));
    ASSERT_THAT(decisions, SizeIs(2));
    for (const DecisionRecord& decision : decisions) {
      texts.push_back(decision.text);
    }
    before = decisions.back().id;
  }
  EXPECT_THAT(texts, ElementsAre("Renamed C to D", "Renamed B to C", "Renamed Ada to B",
                                 fmt::format("Named person {} Ada", ada_)));
  EXPECT_THAT(Value(catalog().Decisions(before, 2)), IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(catalog().UndoDecision(999).status()));
}

TEST_P(JournalTest, ALaterDecisionStandsInTheWayUntilItIsUndone) {
  const Decided rename = Value(catalog().ChangePerson(ada_, {.name = "Eve"}));
  EXPECT_EQ(ObstacleOf(naming_), fmt::format("decision {} changed the same later (Renamed Ada to Eve): undo that one"
                                             " first",
                                             *rename));
  const std::string before = State();
  const Status refused = catalog().UndoDecision(naming_).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(Message(refused), HasSubstr(fmt::format("decision {} cannot be undone: decision {} ", naming_, *rename)));
  EXPECT_EQ(State(), before);
  CALOTYPE_ASSERT_OK(catalog().UndoDecision(*rename));
  CALOTYPE_ASSERT_OK(catalog().UndoDecision(naming_));
  EXPECT_EQ(Value(catalog().NameOf(ada_)), "");
}

TEST_P(JournalTest, WhatWasSetAgainToTheSameIsALaterDecisionToo) {
  const Decided hidden = Value(catalog().ChangePerson(ada_, {.hidden = true}));
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(ada_, {.hidden = false}));
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(ada_, {.hidden = true}));
  EXPECT_THAT(ObstacleOf(*hidden), HasSubstr("changed the same later (Hid Ada)"));
}

TEST_P(JournalTest, APersonWhoIsMergedAwayKeepsOlderDecisions) {
  const Decided confirmed = Value(catalog().DecideFaces(bob_, Faces({4})));
  const Decided taken = Value(catalog().DecideFaces(ada_, Faces({2})));
  const Decided merged = Value(catalog().MergePeople(ada_, std::vector{bob_}));
  EXPECT_THAT(ObstacleOf(*confirmed), HasSubstr(fmt::format("decision {}", *merged)));
  EXPECT_THAT(ObstacleOf(*taken), HasSubstr(fmt::format("decision {}", *merged)))
      << "Bob, to whom the face would go back, does not exist";
  for (const Decided& decision : {merged, taken, confirmed}) {
    CALOTYPE_ASSERT_OK(catalog().UndoDecision(*decision));
  }
  EXPECT_THAT(Value(catalog().FacesOf(bob_)), SizeIs(2));
}

TEST_P(JournalTest, ClusteringIsNoDecision) {
  const Decided rejected = Value(catalog().SetNotPerson(ada_, Faces({1})));
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(bob_, Faces({1})));
  EXPECT_EQ(ObstacleOf(*rejected), "");
  CALOTYPE_ASSERT_OK(catalog().UndoDecision(*rejected));
  EXPECT_THAT(Value(catalog().FacesOf(ada_)), SizeIs(2));
  // Faces that clustering gave to a new person belong to nobody when that person is undone.
  const NewPerson created = Value(catalog().SplitPerson(Faces({1})));
  CALOTYPE_ASSERT_OK(catalog().AssignFaces(created.person, Faces({4})));
  CALOTYPE_ASSERT_OK(catalog().UndoDecision(*created.decision));
  EXPECT_TRUE(absl::IsNotFound(catalog().ResolvePerson(created.person).status()));
  EXPECT_EQ(Value(catalog().Faces())[4].person, std::nullopt);
}

TEST_P(JournalTest, ANewPersonWhoGotMoreIsNotDeleted) {
  const NewPerson created = Value(catalog().SplitPerson(Faces({1})));
  const Decided named = Value(catalog().ChangePerson(created.person, {.name = "Eve"}));
  EXPECT_THAT(ObstacleOf(*created.decision), HasSubstr(fmt::format("decision {}", *named)));
  CALOTYPE_ASSERT_OK(catalog().UndoDecision(*named));
  const Decided confirmed = Value(catalog().DecideFaces(created.person, Faces({4})));
  EXPECT_THAT(ObstacleOf(*created.decision), HasSubstr(fmt::format("decision {}", *confirmed)));
  CALOTYPE_ASSERT_OK(catalog().UndoDecision(*confirmed));
  EXPECT_EQ(ObstacleOf(*created.decision), "");
}

TEST_P(JournalTest, ANameFromAPhotoStandsInTheWay) {
  const NewPerson created = Value(catalog().SplitPerson(Faces({0})));
  PhotoResult result = FullResult(Value(catalog().FindByPath("/a.jpg")));
  result.properties->facts.regions = {{.name = "Grace", .box = {10 / 640.F, 10 / 480.F, 40 / 640.F, 50 / 480.F}}};
  CALOTYPE_ASSERT_OK(StoreOne(result));
  ASSERT_EQ(Value(catalog().ImportRegionNames()), 1);
  ASSERT_EQ(Value(catalog().NameOf(created.person)), "Grace");
  EXPECT_EQ(ObstacleOf(*created.decision),
            fmt::format("person {} has changed since, by a scan or by names in photos", created.person));
}

TEST_P(JournalTest, FacesOfDeletedPhotosAreLeftOut) {
  const Decided both = Value(catalog().DecideFaces(ada_, Faces({2, 4})));
  const Decided gone = Value(catalog().DecideFaces(ada_, Faces({5})));
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/c.jpg"}));
  EXPECT_EQ(Value(catalog().DeleteMissing(4'000'000'000)), 1);
  EXPECT_EQ(ObstacleOf(*gone), "its photos were deleted");
  CALOTYPE_ASSERT_OK(catalog().UndoDecision(*both));
  EXPECT_THAT(Value(catalog().FacesOf(bob_)), SizeIs(2));
}

TEST_P(JournalTest, PeopleWhoVanishWithTheirPhotosLeaveNoDecision) {
  const NewPerson created = Value(catalog().SplitPerson(Faces({4})));
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/c.jpg"}));
  EXPECT_EQ(Value(catalog().DeleteMissing(4'000'000'000)), 1);
  EXPECT_EQ(ObstacleOf(*created.decision), "not in the journal");
  EXPECT_EQ(ObstacleOf(naming_), "");
}

TEST_P(JournalTest, UndoIsAChangeOfThePhotos) {
  const Decided merged = Value(catalog().MergePeople(ada_, std::vector{bob_}));
  const int64_t seen = Value(catalog().ChangesSince(0, 99)).last;
  CALOTYPE_ASSERT_OK(catalog().UndoDecision(*merged));
  const auto moved = Value(catalog().ChangesSince(seen, 99)).changes;
  ASSERT_THAT(moved, SizeIs(1));
  EXPECT_EQ(moved[0].path, "/b.jpg");
  CALOTYPE_ASSERT_OK(catalog().UndoDecision(naming_));
  const auto named = Value(catalog().ChangesSince(moved[0].number, 99)).changes;
  ASSERT_THAT(named, SizeIs(1));
  EXPECT_EQ(named[0].path, "/a.jpg");
}

TEST_P(JournalTest, AForgottenPersonLeavesTheJournal) {
  CALOTYPE_ASSERT_OK(catalog().ChangePerson(bob_, {.name = "Bob"}));
  const NewPerson created = Value(catalog().SplitPerson(Faces({5})));
  CALOTYPE_ASSERT_OK(catalog().DecideFaces(ada_, Faces({2})));
  CALOTYPE_ASSERT_OK(catalog().MergePeople(ada_, std::vector{bob_}));
  const Decided hidden = Value(catalog().ChangePerson(created.person, {.hidden = true}));
  Value(catalog().ForgetPerson(ada_));
  const auto left = Value(catalog().Decisions(std::nullopt, 99));
  ASSERT_THAT(left, SizeIs(2)) << "those about the other person";
  EXPECT_EQ(left[0].id, *hidden);
  EXPECT_EQ(left[1].id, *created.decision);
  EXPECT_TRUE(absl::IsNotFound(catalog().UndoDecision(naming_).status()));
}

TEST_P(JournalTest, AForgottenFaceThatWasGivenBackIsForgottenAgain) {
  Value(catalog().ForgetPerson(ada_));
  const Decided given_back = Value(catalog().DecideFaces(bob_, Faces({0})));
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(Value(catalog().FindByPath("/a.jpg")))));
  ASSERT_THAT(Value(catalog().Faces()), SizeIs(5)) << "its vector is back";
  CALOTYPE_ASSERT_OK(catalog().EraseDeleted());
  CALOTYPE_ASSERT_OK(catalog().UndoDecision(*given_back));
  EXPECT_THAT(Value(catalog().Faces()), SizeIs(4));
  EXPECT_TRUE(Value(catalog().MustErase()));
  CALOTYPE_ASSERT_OK(StoreOne(FullResult(Value(catalog().FindByPath("/a.jpg")))));
  EXPECT_THAT(Value(catalog().Faces()), SizeIs(4)) << "and stays away";
}

}  // namespace
}  // namespace calotype
