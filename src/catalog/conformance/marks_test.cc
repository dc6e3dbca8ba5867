// MarkCatalog.
#include <string>
#include <vector>

#include "catalog/conformance/catalog_test.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class MarksTest : public CatalogTest {
 protected:
  MarksTest() {
    for (const char* path : {"/a", "/b", "/c"}) {
      photos_.push_back(Add(path, path));
    }
  }
  Decided Set(UserMark mark, const std::vector<PhotoId>& photos, bool set = true) {
    return Value(catalog().MarkPhotos(mark, photos, set));
  }
  std::vector<PhotoId> Marked(UserMark mark) {
    std::vector<PhotoId> photos = Value(catalog().PhotosWithMark(mark, 0, 99));
    EXPECT_EQ(Value(catalog().CountMarked(mark)), std::ssize(photos));
    EXPECT_EQ(Value(catalog().FindPhotos({.mark = mark})), photos);
    return photos;
  }
  std::string Latest() { return Value(catalog().Decisions(std::nullopt, 1)).at(0).text; }

  std::vector<PhotoId> photos_;
};
INSTANTIATE_TEST_SUITE_P(Backends, MarksTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(MarksTest, PhotosAreMarkedUnmarkedAndUndone) {
  const Decided marked = Set(UserMark::kDelete, {photos_[2], photos_[0], photos_[0]});
  EXPECT_EQ(Latest(), "Marked 2 photos for deletion");
  EXPECT_THAT(Marked(UserMark::kDelete), ElementsAre(photos_[0], photos_[2]));
  EXPECT_THAT(Marked(UserMark::kFavourite), IsEmpty());
  Set(UserMark::kFavourite, {photos_[0]});
  EXPECT_EQ(Latest(), "Marked 1 photo as a favourite");
  const Decided unmarked = Set(UserMark::kDelete, {photos_[0]}, false);
  EXPECT_EQ(Latest(), "Unmarked 1 photo, no longer for deletion");
  EXPECT_THAT(Marked(UserMark::kDelete), ElementsAre(photos_[2]));
  EXPECT_TRUE(absl::IsFailedPrecondition(catalog().UndoDecision(*marked).status())) << "a later decision";
  CALOTYPE_ASSERT_OK(catalog().UndoDecision(*unmarked));
  EXPECT_THAT(Marked(UserMark::kDelete), ElementsAre(photos_[0], photos_[2]));
  CALOTYPE_ASSERT_OK(catalog().UndoDecision(*marked));
  EXPECT_THAT(Marked(UserMark::kDelete), IsEmpty());
  EXPECT_THAT(Marked(UserMark::kFavourite), ElementsAre(photos_[0]));
}

TEST_P(MarksTest, WhatIsMarkedAlreadyIsNoDecision) {
  Set(UserMark::kDelete, {photos_[0]});
  EXPECT_EQ(Set(UserMark::kDelete, {photos_[0]}), std::nullopt);
  EXPECT_EQ(Set(UserMark::kDelete, {photos_[1]}, false), std::nullopt);
  EXPECT_TRUE(
      absl::IsNotFound(catalog().MarkPhotos(UserMark::kDelete, std::vector<PhotoId>{photos_[1], 99}, true).status()));
  EXPECT_THAT(Marked(UserMark::kDelete), ElementsAre(photos_[0])) << "all or nothing";
}

TEST_P(MarksTest, UndoOfSomeThatWereMarkedBeforeLeavesThese) {
  Set(UserMark::kDelete, {photos_[0]});
  const Decided both = Set(UserMark::kDelete, {photos_[0], photos_[1]});
  CALOTYPE_ASSERT_OK(catalog().UndoDecision(*both));
  EXPECT_THAT(Marked(UserMark::kDelete), ElementsAre(photos_[0]));
}

TEST_P(MarksTest, MarksHavePagesOfPresentPhotos) {
  Set(UserMark::kFavourite, photos_);
  EXPECT_THAT(Value(catalog().PhotosWithMark(UserMark::kFavourite, 0, 2)), ElementsAre(photos_[0], photos_[1]));
  EXPECT_THAT(Value(catalog().PhotosWithMark(UserMark::kFavourite, photos_[1], 2)), ElementsAre(photos_[2]));
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/a"}));
  EXPECT_THAT(Marked(UserMark::kFavourite), ElementsAre(photos_[1], photos_[2]));
}

TEST_P(MarksTest, MarksAreChangesOfTheirPhotos) {
  const int64_t before = Value(catalog().ChangesSince(0, 99)).last;
  const Decided marked = Set(UserMark::kDelete, {photos_[1]});
  const PhotoChanges set = Value(catalog().ChangesSince(before, 99));
  ASSERT_THAT(set.changes, SizeIs(1));
  EXPECT_EQ(set.changes[0].photo, photos_[1]);
  CALOTYPE_ASSERT_OK(catalog().UndoDecision(*marked));
  EXPECT_THAT(Value(catalog().ChangesSince(set.last, 99)).changes, SizeIs(1));
}

TEST_P(MarksTest, ADeletedPhotoHasNoMark) {
  const Decided marked = Set(UserMark::kDelete, {photos_[0]});
  const Decided both = Set(UserMark::kFavourite, {photos_[0], photos_[1]});
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/a"}));
  EXPECT_EQ(Value(catalog().DeleteMissing(4'000'000'000)), 1);
  EXPECT_THAT(Value(catalog().Check()), IsEmpty());
  EXPECT_TRUE(absl::IsFailedPrecondition(catalog().UndoDecision(*marked).status())) << "its photo was deleted";
  CALOTYPE_ASSERT_OK(catalog().UndoDecision(*both));
  EXPECT_THAT(Marked(UserMark::kFavourite), IsEmpty());
}

TEST_P(MarksTest, APhotoThatGetsTheNumberOfADeletedOneIsNotMarked) {
  if (GetParam().on_server) {
    GTEST_SKIP() << "no number is given again";
  }
  Set(UserMark::kDelete, {photos_[2]});
  const Decided unmarked = Set(UserMark::kDelete, {photos_[2]}, false);
  CALOTYPE_ASSERT_OK(catalog().MarkMissing(std::vector<std::string>{"/c"}));
  EXPECT_EQ(Value(catalog().DeleteMissing(4'000'000'000)), 1);
  ASSERT_EQ(Add("/d", "d"), photos_[2]) << "the highest number is given again";
  EXPECT_TRUE(absl::IsFailedPrecondition(catalog().UndoDecision(*unmarked).status()));
  EXPECT_THAT(Marked(UserMark::kDelete), IsEmpty());
}

}  // namespace
}  // namespace calotype
