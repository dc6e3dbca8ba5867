// Scans of files that were changed, also in ways that size and time do not show.
#include <gtest/gtest.h>

#include <fstream>

#include "pipeline/scan_test_util.h"

namespace calotype {
namespace {

class ScanChangesTest : public ScanJobTest {};

// Finds an object that says which photo it was found in.
Status FindDarkOrBright(const PhotoView& photo, Findings& findings) {
  CALOTYPE_RETURN_IF_ERROR(FindOneObject(photo, findings));
  findings.objects->front().label = photo.image.pixels()[0] < 100 ? "dark" : "bright";
  return absl::OkStatus();
}

TEST_F(ScanChangesTest, ACopyKeepsItsFindingsWhenTheOtherOneIsReplacedDuringAPause) {
  AddPhoto("a.jpg", 10);
  AddPhoto("b.jpg", 10);
  ASSERT_TRUE((*Catalog::Open(catalog_))->SetPaused(true).ok());
  bool replaced = false;
  on_progress_ = [&](const ScanProgress& progress) {
    if (!progress.walking && !progress.resting.empty() && !replaced) {
      replaced = true;
      AddPhoto("a.jpg", 200);
      ASSERT_TRUE((*Catalog::Open(catalog_))->SetPaused(false).ok());
    }
  };
  ASSERT_TRUE(Scan(*Analysis(FindDarkOrBright)).ok());
  EXPECT_TRUE(replaced);
  EXPECT_EQ(LabelOf("b.jpg"), "dark");
  ASSERT_TRUE(Scan(*Analysis(FindDarkOrBright)).ok());
  EXPECT_EQ(LabelOf("a.jpg"), "bright");
  EXPECT_EQ(LabelOf("b.jpg"), "dark");
}

TEST_F(ScanChangesTest, APhotoThatIsReplacedDuringAPauseIsReadByTheNextScan) {
  AddPhoto("a.jpg", 10);
  ASSERT_TRUE((*Catalog::Open(catalog_))->SetPaused(true).ok());
  bool replaced = false;
  on_progress_ = [&](const ScanProgress& progress) {
    if (!progress.walking && !progress.resting.empty() && !replaced) {
      replaced = true;
      AddPhoto("a.jpg", 200);
      ASSERT_TRUE((*Catalog::Open(catalog_))->SetPaused(false).ok());
    }
  };
  const StatusOr<ScanReport> first = Scan(*Analysis(FindDarkOrBright));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->analysed, 0) << "its bytes are not those of the photo that was claimed";
  EXPECT_EQ(first->failed, 0);
  EXPECT_EQ(LabelOf("a.jpg"), "");
  ASSERT_TRUE(Scan(*Analysis(FindDarkOrBright)).ok());
  EXPECT_EQ(LabelOf("a.jpg"), "bright");
  EXPECT_EQ(calls_, 1);
}

TEST_F(ScanChangesTest, CountsWhatItSkips) {
  AddPhoto("a.jpg", 10);
  AddPhoto("live.jpg", 20);
  for (const char* name : {"form.pdf", "bill.PDF", "live.mov", "trip.MP4", "old.avi", "notes.txt", "a.xmp"}) {
    std::ofstream(photos_ / name) << "no photo";
  }
  for (int i = 0; i < 2; ++i) {
    const StatusOr<ScanReport> report = Scan(*Analysis());
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->photos, 2);
    EXPECT_EQ(report->skipped_pdfs, 2);
    EXPECT_EQ(report->skipped_videos, 2) << "live.mov belongs to live.jpg";
  }
}

TEST_F(ScanChangesTest, AnEditThatKeepsSizeAndTimeIsRead) {
  const fs::path photo = AddPhoto("a.jpg", 10);
  const std::string dark = PaddedPhoto(10);
  const std::string bright = PaddedPhoto(200);
  std::ofstream(photo, std::ios::binary) << dark;
  ASSERT_EQ(Scan(*Analysis(FindDarkOrBright))->analysed, 1);
  EditKeepingTime(photo, bright);
  const StatusOr<ScanReport> report = Scan(*Analysis(FindDarkOrBright));
  EXPECT_EQ(report->analysed, 1);
  EXPECT_EQ(report->unchanged, 0);
  EXPECT_EQ(LabelOf("a.jpg"), "bright");
}

TEST_F(ScanChangesTest, ASidecarEditThatKeepsSizeAndTimeIsRead) {
  AddPhoto("a.jpg", 10);
  const auto sidecar = [](char rating) {
    return std::string(R"(<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF)"
                       R"( xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="")"
                       R"( xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating=")") +
           rating + R"("/></rdf:RDF></x:xmpmeta>)";
  };
  std::ofstream(photos_ / "a.jpg.xmp") << sidecar('2');
  ASSERT_EQ(Scan(*Analysis())->analysed, 1);
  EditKeepingTime(photos_ / "a.jpg.xmp", sidecar('5'));
  ASSERT_TRUE(Scan(*Analysis()).ok());
  const auto catalog = Catalog::Open(catalog_);
  const PhotoId id = *(*catalog)->FindByPath((photos_ / "a.jpg").string());
  EXPECT_EQ((*catalog)->GetPhoto(id)->properties->facts.rating, 5);
  EXPECT_EQ(calls_, 1) << "the pixels are not analysed again";
}

TEST_F(ScanChangesTest, AChangeOfPermissionsUpdatesOnlyTheStamp) {
  const fs::path photo = AddPhoto("a.jpg", 10);
  ASSERT_EQ(Scan(*Analysis())->analysed, 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  fs::permissions(photo, fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_NE(StampIn("a.jpg").ctime_ns, StampOfFile(photo)->ctime_ns);
  EXPECT_EQ(Scan(*Analysis())->analysed, 0);
  EXPECT_EQ(Books().analyses.at("objects").pending, 0);
  EXPECT_EQ(StampIn("a.jpg"), *StampOfFile(photo));
  EXPECT_EQ(Scan(*Analysis())->unchanged, 1);
  EXPECT_EQ(calls_, 1);
}

TEST_F(ScanChangesTest, StampsFromBeforeCtimeWasStoredAreAcceptedOnce) {
  const fs::path photo = AddPhoto("a.jpg", 10);
  std::ofstream(photo.string() + ".xmp") << "a sidecar";
  ASSERT_EQ(Scan(*Analysis())->analysed, 1);
  {
    const auto catalog = Catalog::Open(catalog_);
    FileStamp old = StampIn("a.jpg");
    old.ctime_ns = 0;
    old.inode = 0;
    ASSERT_TRUE((*catalog)->UpdateFileStamp(photo.string(), old).ok());
    std::vector<Companion> companions = *(*catalog)->CompanionsUnder(photos_.string());
    ASSERT_EQ(companions.size(), 1U);
    companions[0].stamp.ctime_ns = 0;
    companions[0].stamp.inode = 0;
    ASSERT_TRUE((*catalog)->UpdateCompanionStamp(companions[0]).ok());
  }
  const StatusOr<ScanReport> report = Scan(*Analysis());
  EXPECT_EQ(report->unchanged, 1) << "nothing is read";
  EXPECT_EQ(report->analysed, 0);
  EXPECT_EQ(StampIn("a.jpg"), *StampOfFile(photo));
  const std::vector<Companion> companions = *(*Catalog::Open(catalog_))->CompanionsUnder(photos_.string());
  EXPECT_EQ(companions[0].stamp, *StampOfFile(fs::path(companions[0].path)));
}

}  // namespace
}  // namespace calotype
