// PeopleCatalog: the decisions of users.
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
  CALOTYPE_ASSERT_OK(catalog().NamePerson(bob_, "Bob"));
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

TEST_P(CatalogDecisionsTest, NamesAreFoundWhateverTheirCaseAndAccents) {
  CALOTYPE_ASSERT_OK(catalog().NamePerson(ada_, "Zoë"));
  EXPECT_EQ(Value(catalog().NameOf(ada_)), "Zoë");
  EXPECT_EQ(Value(catalog().NameOf(bob_)), "");
  EXPECT_THAT(Value(catalog().PeopleNamed("Zoë")), ElementsAre(ada_));
  CALOTYPE_ASSERT_OK(catalog().NamePerson(bob_, "ZOE"));
  EXPECT_THAT(Value(catalog().PeopleNamed("zoe")), ElementsAre(ada_, bob_));
  EXPECT_THAT(Value(catalog().PeopleNamed("Zo")), IsEmpty()) << "only whole names";
  CALOTYPE_ASSERT_OK(catalog().NamePerson(bob_, ""));
  EXPECT_THAT(Value(catalog().PeopleNamed("")), IsEmpty());
  CALOTYPE_ASSERT_OK(catalog().MergePeople(ada_, std::vector{bob_}));
  EXPECT_EQ(Value(catalog().NameOf(bob_)), "Zoë") << "the number means the other now";
  EXPECT_TRUE(absl::IsNotFound(catalog().NameOf(99).status()));
}

TEST_P(CatalogDecisionsTest, WhatIsNotThereChangesNothing) {
  EXPECT_TRUE(absl::IsNotFound(catalog().MergePeople(ada_, std::vector{bob_, PersonId{99}})));
  EXPECT_THAT(Value(catalog().People()), SizeIs(2));
  EXPECT_TRUE(absl::IsNotFound(catalog().SplitPerson(std::vector{faces_[0], FaceId{999}}).status()));
  EXPECT_EQ(FaceOf(faces_[0]).person, ada_);
  EXPECT_TRUE(absl::IsNotFound(catalog().SetCover(ada_, faces_[1])));
  EXPECT_TRUE(absl::IsNotFound(catalog().HidePerson(99, true)));
  EXPECT_TRUE(absl::IsNotFound(catalog().FacesOf(99).status()));
}

TEST_P(CatalogDecisionsTest, SplitAndNotAreRemembered) {
  CALOTYPE_ASSERT_OK(catalog().DecideFaces(ada_, std::vector{faces_[1]}));
  const PersonId other = Value(catalog().SplitPerson(std::vector{faces_[1]}));
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
    CALOTYPE_ASSERT_OK(catalog().SetCover(ada_, face));
    EXPECT_EQ(Value(catalog().People())[0].cover, face);
  }
  CALOTYPE_ASSERT_OK(catalog().HidePerson(bob_, true));
  EXPECT_TRUE(Value(catalog().People())[0].hidden);
  EXPECT_THAT(Value(catalog().FacesOf(ada_)), SizeIs(2));
}

}  // namespace
}  // namespace calotype
