#include "pipeline/gone_files.h"

#include <gmock/gmock.h>

#include "pipeline/scan_test_util.h"

namespace calotype {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class GoneFilesTest : public ScanJobTest {
 protected:
  std::vector<std::string> KnownNames(const fs::path& below) const {
    std::vector<std::string> names;
    const auto files = (*Catalog::Open(catalog_))->FilesUnder(below.string());
    EXPECT_TRUE(files.ok()) << files.status();
    for (const auto& [path, stamp] : *files) {
      names.push_back(fs::path(path).filename().string());
    }
    std::ranges::sort(names);
    return names;
  }

  void ExpectNothingMissing(const StatusOr<ScanReport>& report) {
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->problems, 0);
    EXPECT_EQ(report->missing, 0);
    EXPECT_EQ(report->analysed, 0);
    EXPECT_THAT(failures_, IsEmpty());
    EXPECT_EQ(Books().missing, 0);
  }
};

TEST_F(GoneFilesTest, AFolderWithMostPhotosIsRenamed) {
  for (int i = 0; i < 4; ++i) {
    AddPhoto("old/p" + std::to_string(i) + ".jpg", i * 5);
  }
  AddPhoto("other.jpg", 200);
  ASSERT_TRUE(Scan(*Analysis()).ok());
  fs::rename(photos_ / "old", photos_ / "new");
  ExpectNothingMissing(Scan(*Analysis()));
  EXPECT_THAT(KnownNames(photos_ / "old"), IsEmpty());
  EXPECT_EQ(KnownNames(photos_ / "new").size(), 4U);
  EXPECT_EQ(LabelOf("new/p0.jpg"), "thing");
  EXPECT_EQ(Books().photos, 5);
}

TEST_F(GoneFilesTest, EveryFileIsRenamed) {
  AddPhotos(4);
  ASSERT_TRUE(Scan(*Analysis()).ok());
  for (int i = 0; i < 4; ++i) {
    fs::rename(photos_ / ("p" + std::to_string(i) + ".jpg"), photos_ / ("renamed" + std::to_string(i) + ".jpg"));
  }
  ExpectNothingMissing(Scan(*Analysis()));
  EXPECT_EQ(KnownNames(photos_),
            (std::vector<std::string>{"renamed0.jpg", "renamed1.jpg", "renamed2.jpg", "renamed3.jpg"}));
}

// A move to another file system writes new files.
TEST_F(GoneFilesTest, FilesThatAreFoundLaterInTheSameScanHaveMoved) {
  AddPhotos(4);
  const fs::path other = home_ / "zzz";
  fs::create_directories(other);
  ASSERT_TRUE(Scan(*Analysis(), {photos_, other}).ok());
  fs::copy(photos_, other, fs::copy_options::recursive);
  fs::remove_all(photos_);
  ExpectNothingMissing(Scan(*Analysis(), {photos_, other}));
  EXPECT_THAT(KnownNames(photos_), IsEmpty());
  EXPECT_EQ(KnownNames(other).size(), 4U);
}

TEST_F(GoneFilesTest, PartsOfARootThatAWatcherNamesAreOneScan) {
  AddPhoto("a/old/p1.jpg", 10);
  AddPhoto("a/old/p2.jpg", 20);
  AddPhoto("a/old/p3.jpg", 30);
  AddPhoto("b/p4.jpg", 40);
  ASSERT_TRUE(Scan(*Analysis()).ok());
  fs::rename(photos_ / "a/old", photos_ / "b/new");
  options_.parts = {photos_ / "a", photos_ / "b"};
  ExpectNothingMissing(Scan(*Analysis()));
  EXPECT_THAT(KnownNames(photos_ / "a"), IsEmpty());
}

// The scan that found the new names was interrupted, or was made by a version that knew no moved files.
TEST_F(GoneFilesTest, RenamedFilesThatAnEarlierScanFoundHaveMoved) {
  AddPhotos(3);
  ASSERT_TRUE(Scan(*Analysis()).ok());
  fs::create_directories(photos_ / "new");
  for (int i = 0; i < 3; ++i) {
    const std::string name = "p" + std::to_string(i) + ".jpg";
    fs::rename(photos_ / name, photos_ / "new" / name);
  }
  options_.parts = {photos_ / "new"};
  ASSERT_TRUE(Scan(*Analysis()).ok());
  ASSERT_EQ(KnownNames(photos_).size(), 6U);
  fs::rename(photos_ / "new", home_ / "new");
  options_.parts = {};
  EXPECT_EQ(Scan(*Analysis())->problems, 1) << "the new names are gone, too";
  fs::rename(home_ / "new", photos_ / "new");
  failures_.clear();
  ExpectNothingMissing(Scan(*Analysis()));
  EXPECT_EQ(KnownNames(photos_).size(), 3U);
}

TEST_F(GoneFilesTest, ABackupElsewhereDoesNotHideThatADiskIsNotMounted) {
  AddPhotos(4);
  const fs::path backup = home_ / "backup";
  fs::copy(photos_, backup, fs::copy_options::recursive);
  ASSERT_TRUE(Scan(*Analysis(), {photos_, backup}).ok());
  fs::rename(photos_, home_ / "unmounted");
  fs::create_directories(photos_);
  const auto report = Scan(*Analysis(), {photos_, backup});
  EXPECT_EQ(report->problems, 1);
  EXPECT_EQ(report->missing, 0);
  EXPECT_THAT(failures_, Contains(HasSubstr("4 of 4 known photos are missing")));
  EXPECT_EQ(KnownNames(photos_).size(), 4U);
}

TEST_F(GoneFilesTest, SomeMoveAndMostOfTheOthersAreMissing) {
  AddPhotos(6);
  ASSERT_TRUE(Scan(*Analysis()).ok());
  fs::rename(photos_ / "p0.jpg", photos_ / "moved.jpg");
  for (int i = 1; i < 5; ++i) {
    fs::remove(photos_ / ("p" + std::to_string(i) + ".jpg"));
  }
  EXPECT_EQ(Scan(*Analysis())->problems, 1);
  EXPECT_THAT(failures_, Contains(HasSubstr("4 of 6 known photos are missing")));
  EXPECT_THAT(KnownNames(photos_), Contains("p1.jpg"));
  EXPECT_THAT(KnownNames(photos_), ::testing::Not(Contains("p0.jpg"))) << "the file that moved is known where it is";
  options_.scanner.gone_is_deleted = true;
  EXPECT_EQ(Scan(*Analysis())->missing, 4);
}

TEST_F(GoneFilesTest, FewMissingFilesBesideManyMovedOnesAreDeleted) {
  AddPhotos(6);
  ASSERT_TRUE(Scan(*Analysis()).ok());
  fs::create_directories(photos_ / "new");
  for (int i = 0; i < 4; ++i) {
    const std::string name = "p" + std::to_string(i) + ".jpg";
    fs::rename(photos_ / name, photos_ / "new" / name);
  }
  fs::remove(photos_ / "p4.jpg");
  const auto report = Scan(*Analysis());
  EXPECT_EQ(report->problems, 0);
  EXPECT_EQ(report->missing, 1);
  EXPECT_EQ(Books().photos, 5);
}

TEST_F(GoneFilesTest, AStoppedScanMarksNothing) {
  AddPhotos(5);
  ASSERT_TRUE(Scan(*Analysis()).ok());
  fs::remove(photos_ / "p0.jpg");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(Scan(*Analysis(), {}, stop.get_token())->missing, 0);
  EXPECT_EQ(KnownNames(photos_).size(), 5U);
}

}  // namespace
}  // namespace calotype
