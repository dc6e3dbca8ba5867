// TrashCatalog.
#include <string>
#include <vector>

#include "catalog/conformance/catalog_test.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class TrashCatalogTest : public CatalogTest {
 protected:
  TrashCatalogTest() : photo_(Add("/photos/a.jpg", "a")), other_(Add("/photos/b.jpg", "b")) {}

  bool IsPresent(PhotoId photo) { return !Value(catalog().PathsOf(std::vector{photo})).at(0).empty(); }

  const PhotoId photo_;
  const PhotoId other_;
  const std::vector<TrashMove> moves_ = {{.path = "/photos/a.jpg", .trash_path = "/photos/.trash/a.jpg"},
                                         {.path = "/photos/a.jpg.xmp", .trash_path = "/photos/.trash/a.jpg.xmp"}};
};
INSTANTIATE_TEST_SUITE_P(Backends, TrashCatalogTest, testing::ValuesIn(Backends()), BackendName);

TEST_P(TrashCatalogTest, FilesGoAndReturn) {
  const DecisionId decision = Value(catalog().PlanTrash(moves_, 1));
  EXPECT_TRUE(IsPresent(photo_)) << "only a plan";
  EXPECT_THAT(Value(catalog().UnfinishedTrash()), ElementsAre(decision));
  EXPECT_EQ(Value(catalog().Decision(decision)).text, "Moved 1 photo to the trash");
  EXPECT_EQ(Value(catalog().Decision(decision)).obstacle, "its files are being moved");
  EXPECT_TRUE(absl::IsFailedPrecondition(catalog().PlanReturn(decision)));
  CALOTYPE_ASSERT_OK(catalog().CompleteTrash(decision));
  EXPECT_FALSE(IsPresent(photo_));
  EXPECT_TRUE(IsPresent(other_));
  EXPECT_THAT(Value(catalog().UnfinishedTrash()), IsEmpty());
  EXPECT_EQ(Value(catalog().Decision(decision)).obstacle, "");
  EXPECT_TRUE(absl::IsFailedPrecondition(catalog().UndoDecision(decision).status())) << "somebody must move the files";

  CALOTYPE_ASSERT_OK(catalog().PlanReturn(decision));
  EXPECT_THAT(Value(catalog().UnfinishedTrash()), ElementsAre(decision));
  const auto moves = Value(catalog().TrashMoves(decision));
  ASSERT_THAT(moves, SizeIs(2));
  EXPECT_EQ(moves[1].path, moves_[1].path);
  EXPECT_EQ(moves[1].trash_path, moves_[1].trash_path);
  CALOTYPE_ASSERT_OK(catalog().CompleteReturn(decision, {}));
  EXPECT_TRUE(IsPresent(photo_));
  EXPECT_TRUE(Value(catalog().Decision(decision)).undone_at.has_value());
  EXPECT_TRUE(absl::IsFailedPrecondition(catalog().PlanReturn(decision)));
  EXPECT_TRUE(absl::IsNotFound(catalog().PlanReturn(99)));
  EXPECT_TRUE(absl::IsNotFound(catalog().Decision(99).status()));
}

}  // namespace
}  // namespace calotype
