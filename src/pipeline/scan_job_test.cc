#include "pipeline/scan_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include "base/file.h"
#include "base/file_lock.h"
#include "photo/encode.h"
#include "pipeline/fake_analysers.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;

// Root may read everything: the tests about permissions give that up while they run.
class Unprivileged {
 public:
  Unprivileged() : user_(geteuid()) {
    constexpr uid_t kNobody = 65534;
    if (user_ == 0) {
      EXPECT_EQ(seteuid(kNobody), 0);
    }
  }
  ~Unprivileged() { EXPECT_EQ(seteuid(user_), 0); }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  const uid_t user_;
};

class ScanJobTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(photos_); }
  void TearDown() override { fs::remove_all(home_); }

  // A photo of its own content for each `shade`.
  fs::path AddPhoto(const std::string& name, int shade) const {
    Image image(32, 24);
    std::fill(image.pixels().begin(), image.pixels().end(), static_cast<uint8_t>(shade));
    const StatusOr<std::vector<uint8_t>> jpeg = EncodeJpeg(image, 90);
    EXPECT_TRUE(jpeg.ok());
    fs::create_directories((photos_ / name).parent_path());
    EXPECT_TRUE(WriteFileAtomically(photos_ / name, *jpeg).ok());
    return photos_ / name;
  }

  void AddPhotos(int count) const {
    for (int i = 0; i < count; ++i) {
      AddPhoto("p" + std::to_string(i) + ".jpg", i * 5);
    }
  }

  std::unique_ptr<PhotoAnalysis> Analysis(FakeAnalyser::Act act = FindOneObject, std::string version = "1") {
    std::vector<std::unique_ptr<Analyser>> analysers;
    analysers.push_back(std::make_unique<FakeAnalyser>("objects", std::vector<std::string_view>{}, std::move(act),
                                                       &calls_, std::move(version)));
    return std::make_unique<PhotoAnalysis>(std::move(analysers));
  }

  StatusOr<ScanReport> Scan(const PhotoAnalysis& analysis, std::vector<fs::path> roots = {},
                            const std::stop_token& stop = {}) {
    const ScanHandlers handlers{
        .on_progress = [this](const ScanProgress& progress) { last_ = progress; },
        .on_failure =
            [this](std::string_view path, std::string_view analysis_name, std::string_view reason) {
              failures_.push_back(std::string(analysis_name) + " " + fs::path(path).filename().string() + " " +
                                  std::string(reason));
            }};
    if (roots.empty()) {
      roots = {photos_};
    }
    return RunScan({.catalog_file = catalog_, .roots = std::move(roots), .workers = 3}, analysis, handlers, stop);
  }

  CatalogStatus Books() const { return *(*Catalog::Open(catalog_))->GetStatus(); }

  const fs::path home_ = fs::temp_directory_path() / ("calotype_scan_test_" + std::to_string(getpid()));
  const fs::path photos_ = home_ / "photos";
  const fs::path catalog_ = home_ / "catalog.db";
  std::atomic<int> calls_{0};
  std::vector<std::string> failures_;
  ScanProgress last_;
};

TEST_F(ScanJobTest, EveryPhotoOnceAndTheSecondScanDoesNothing) {
  AddPhotos(20);
  AddPhoto("deep/er/photo.jpg", 250);
  AddPhoto(".hidden/photo.jpg", 251);
  std::ofstream(photos_ / "notes.txt") << "no photo";
  const StatusOr<ScanReport> report = Scan(*Analysis());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->photos, 21);
  EXPECT_EQ(report->analysed, 21);
  EXPECT_EQ(report->failed + report->problems, 0);
  EXPECT_EQ(report->devices.at("objects"), "fake");
  EXPECT_EQ(calls_, 21);
  EXPECT_EQ(last_.analysed, 21);
  EXPECT_EQ(Books().analyses.at("objects").done, 21);
  EXPECT_EQ(Books().analyses.at("decode").done, 21);

  const StatusOr<ScanReport> again = Scan(*Analysis());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->unchanged, 21);
  EXPECT_EQ(again->analysed, 0);
  EXPECT_EQ(calls_, 21);
}

TEST_F(ScanJobTest, ANewVersionLooksAgain) {
  AddPhotos(3);
  ASSERT_TRUE(Scan(*Analysis()).ok());
  ASSERT_EQ(Scan(*Analysis(FindOneObject, "2"))->analysed, 3);
  EXPECT_EQ(calls_, 6);
  EXPECT_EQ(Books().analyses.at("objects").done, 3);
}

TEST_F(ScanJobTest, MovedAndCopiedFilesCostNothing) {
  AddPhotos(5);
  ASSERT_TRUE(Scan(*Analysis()).ok());
  fs::create_directories(photos_ / "moved");
  fs::rename(photos_ / "p0.jpg", photos_ / "moved/p0.jpg");
  fs::copy(photos_ / "p1.jpg", photos_ / "copy.jpg");
  const StatusOr<ScanReport> report = Scan(*Analysis());
  EXPECT_EQ(report->analysed, 0);
  EXPECT_EQ(report->missing, 1);
  EXPECT_EQ(calls_, 5);
  EXPECT_EQ(Books().photos, 5);
  EXPECT_EQ(Books().missing, 0);
}

TEST_F(ScanJobTest, AVanishedFolderIsNotADeletion) {
  AddPhotos(4);
  ASSERT_TRUE(Scan(*Analysis()).ok());
  fs::rename(photos_, home_ / "elsewhere");
  fs::create_directories(photos_);
  EXPECT_EQ(Scan(*Analysis())->missing, 0);
  EXPECT_EQ(Books().photos, 4);
  fs::remove(photos_);
  EXPECT_THAT(Message(Scan(*Analysis()).status()), HasSubstr("does not exist"));
}

TEST_F(ScanJobTest, BadFilesAreToldOnceAndTheRunGoesOn) {
  AddPhotos(3);
  std::ofstream(photos_ / "empty.jpg").close();
  std::ofstream(photos_ / "text.jpg") << "this is text, whatever its name says";
  std::ofstream(photos_ / "cut.jpg") << ReadTextFile(photos_ / "p0.jpg")->substr(0, 300);
  const StatusOr<ScanReport> report = Scan(*Analysis());
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->analysed, 3);
  EXPECT_EQ(report->failed, 2);
  EXPECT_EQ(report->problems, 1);
  EXPECT_EQ(failures_.size(), 3U);
  EXPECT_THAT(failures_, Contains(HasSubstr("read empty.jpg the file is empty")));
  EXPECT_THAT(failures_, Contains(HasSubstr("decode text.jpg")));
  EXPECT_THAT(failures_, Contains(HasSubstr("decode cut.jpg")));
  EXPECT_EQ(Books().failures.size(), 3U);
  EXPECT_EQ(Books().analyses.at("objects").skipped, 2);
  EXPECT_EQ(Scan(*Analysis())->failed, 0) << "a broken file is not tried again until it changes or retry asks for it";
}

TEST_F(ScanJobTest, FilesAndFoldersWithoutPermissionAreProblems) {
  fs::remove_all(home_);
  const Unprivileged unprivileged;
  fs::create_directories(photos_ / "closed");
  AddPhotos(2);
  AddPhoto("closed/inside.jpg", 200);
  ASSERT_EQ(Scan(*Analysis())->analysed, 3);
  fs::permissions(photos_ / "closed", fs::perms::none);
  fs::permissions(AddPhoto("secret.jpg", 100), fs::perms::none);
  const StatusOr<ScanReport> report = Scan(*Analysis());
  EXPECT_EQ(report->problems, 2);
  EXPECT_EQ(report->missing, 0) << "what lies in a folder that cannot be read is not missing";
  EXPECT_THAT(failures_, Contains(HasSubstr("closed cannot read the folder: Permission denied")));
  EXPECT_THAT(failures_, Contains(HasSubstr("secret.jpg")));
  fs::permissions(photos_ / "closed", fs::perms::owner_all);
  EXPECT_EQ(Scan(*Analysis())->problems, 1);
  fs::permissions(photos_ / "secret.jpg", fs::perms::owner_all);
}

TEST_F(ScanJobTest, AFailedAnalysisIsBookedAndRetried) {
  AddPhotos(2);
  EXPECT_EQ(Scan(*Analysis(FailAlways))->failed, 2);
  EXPECT_EQ(Books().failures.front().reason, "it broke");
  EXPECT_EQ(Scan(*Analysis())->analysed, 0);
  EXPECT_GT(*(*Catalog::Open(catalog_))->RetryFailed(), 0);
  EXPECT_EQ(Scan(*Analysis())->analysed, 2);
  EXPECT_TRUE(Books().failures.empty());
}

TEST_F(ScanJobTest, AStopLosesNothing) {
  AddPhotos(30);
  std::stop_source stop;
  const auto stop_soon = [&](const PhotoView& photo, Findings& findings) {
    stop.request_stop();
    return FindOneObject(photo, findings);
  };
  const StatusOr<ScanReport> report = Scan(*Analysis(stop_soon), {}, stop.get_token());
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->stopped);
  EXPECT_LT(report->analysed, 30);
  EXPECT_GT(report->analysed, 0);
  const auto rest = Scan(*Analysis());
  EXPECT_EQ(rest->analysed + report->analysed, 30);
  EXPECT_EQ(calls_, 30);
  EXPECT_EQ(Books().analyses.at("objects").done, 30);
}

TEST_F(ScanJobTest, OneScanAtATime) {
  AddPhotos(1);
  const StatusOr<FileLock> lock = FileLock::Take(catalog_.string() + ".scan.lock", "");
  ASSERT_TRUE(lock.ok());
  EXPECT_THAT(Message(Scan(*Analysis()).status()),
              HasSubstr("another scan of this catalogue is running (process " + std::to_string(getpid())));
}

}  // namespace
}  // namespace calotype
