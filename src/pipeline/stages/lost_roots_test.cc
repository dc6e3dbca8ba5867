#include "pipeline/stages/lost_roots.h"

#include <gmock/gmock.h>

#include "pipeline/stages/stage_test_util.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const Status kGone = absl::NotFoundError("no such file");

TEST(LostRootsTest, ADiskThatWasUnpluggedIsReportedOnce) {
  const StatusOr<TemporaryFolder> home = TemporaryFolder::Create();
  const fs::path kept = home->path() / "kept";
  const fs::path disk = home->path() / "disk";
  WritePhoto(kept / "a.jpg", 1);
  WritePhoto(disk / "a.jpg", 1);
  ScanState state({});
  LostRoots lost({kept, disk}, state);
  const std::string on_disk = disk / "a.jpg";
  const std::string on_kept = kept / "a.jpg";
  EXPECT_FALSE(lost.Explain({on_disk}, kGone));
  fs::remove(disk / "a.jpg");  // the folder that the disk was mounted on stays
  EXPECT_TRUE(lost.Explain({on_disk}, kGone));
  EXPECT_TRUE(lost.Explain({on_disk}, kGone));
  EXPECT_FALSE(lost.Explain({on_disk, on_kept}, kGone)) << "its other root is there";
  fs::remove(disk);
  EXPECT_TRUE(lost.Explain({on_disk}, kGone));
  EXPECT_EQ(state.counts().problems, 1);
  EXPECT_THAT(FailuresOf(state), ElementsAre(StartsWith("read " + disk.string() + ": is gone or empty")));
}

TEST(LostRootsTest, APathOutsideAllRootsIsNotExplained) {
  ScanState state({});
  LostRoots lost({"/not/here"}, state);
  EXPECT_FALSE(lost.Explain({"/elsewhere/a.jpg"}, kGone));
  EXPECT_THAT(FailuresOf(state), IsEmpty());
}

// Whether it is there takes a request, which has failed already.
TEST(LostRootsTest, AnObjectStorageIsLostWhenItCannotBeReached) {
  ScanState state({});
  LostRoots lost({"s3://bucket/photos"}, state);
  EXPECT_FALSE(lost.Explain({"s3://bucket/photos/a.jpg"}, kGone)) << "the object is gone, not the storage";
  EXPECT_TRUE(lost.Explain({"s3://bucket/photos/a.jpg"}, absl::UnavailableError("no connection")));
  EXPECT_THAT(FailuresOf(state), ElementsAre(StartsWith("read s3://bucket/photos: no connection")));
}

}  // namespace
}  // namespace calotype
