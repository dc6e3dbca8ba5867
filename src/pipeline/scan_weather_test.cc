// Scans that have it hard: little memory, a machine that others need, a disk that is pulled out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "photo/encode.h"
#include "pipeline/fake_analysers.h"
#include "pipeline/progress_file.h"
#include "pipeline/stages/scan_job.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ScanWeatherTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(photos_); }

  void AddPhotos(const fs::path& folder, int first, int count) const {
    fs::create_directories(folder);
    for (int i = first; i < first + count; ++i) {
      Image image(32, 24);
      std::fill(image.pixels().begin(), image.pixels().end(), static_cast<uint8_t>(i * 5));
      const StatusOr<std::vector<uint8_t>> jpeg = EncodeJpeg(image, 90);
      ASSERT_TRUE(jpeg.ok());
      ASSERT_TRUE(WriteFileAtomically(folder / (std::to_string(i) + ".jpg"), *jpeg).ok());
    }
  }

  StatusOr<ScanReport> Scan(FakeAnalyser::Act act) {
    std::vector<std::unique_ptr<Analyser>> analysers;
    analysers.push_back(std::make_unique<FakeAnalyser>("objects", std::vector<std::string_view>{}, std::move(act)));
    const ScanSubscriber subscriber = [this](const ScanEvent& event) {
      if (const auto* const progress = std::get_if<ScanProgress>(&event); progress != nullptr) {
        rested_ = rested_ || !progress->resting.empty();
      } else if (const auto* const failure = std::get_if<ScanFailure>(&event); failure != nullptr) {
        failures_.push_back(fs::path(failure->path).filename().string() + ": " + failure->reason);
      }
    };
    options_.catalog_file = catalog_;
    options_.workers = 4;
    if (options_.roots.empty()) {
      options_.roots = {photos_};
    }
    return RunScan(options_, PhotoAnalysis(std::move(analysers)), subscriber, {});
  }

  CatalogStatus Books() const { return *(*Catalog::Open(catalog_))->GetStatus(); }

  const StatusOr<TemporaryFolder> home_ = TemporaryFolder::Create();
  const fs::path photos_ = home_->path() / "photos";
  const fs::path catalog_ = home_->path() / "catalog.db";
  ScanOptions options_;
  std::vector<std::string> failures_;
  std::atomic<bool> rested_{false};
};

TEST_F(ScanWeatherTest, ADiskThatIsPulledOutLosesNothingAndBlamesNoPhoto) {
  const fs::path other = home_->path() / "other";
  AddPhotos(photos_, 0, 30);
  AddPhotos(other, 30, 10);
  options_.roots = {photos_, other};
  const fs::path away = home_->path() / "away";
  std::once_flag once;
  const auto pull_out = [&](const PhotoView& photo, Findings& findings) {
    std::call_once(once, [&] { fs::rename(photos_, away); });
    return FindOneObject(photo, findings);
  };
  const StatusOr<ScanReport> report = Scan(pull_out);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->failed, 0);
  EXPECT_GE(report->problems, 1);
  EXPECT_THAT(failures_, testing::Contains(HasSubstr("is gone or empty, as if its disk was removed")));
  const StateCounts middle = Books().analyses.at("objects");
  EXPECT_EQ(middle.failed + middle.running + middle.skipped, 0);
  EXPECT_EQ(Books().missing, 0);

  fs::rename(away, photos_);
  const StatusOr<ScanReport> rest = Scan(FindOneObject);
  ASSERT_TRUE(rest.ok());
  EXPECT_EQ(rest->analysed, 40 - middle.done);
  EXPECT_EQ(Books().analyses.at("objects").done, 40);
}

TEST_F(ScanWeatherTest, AMountPointThatIsEmptyAllAtOnceIsTheSame) {
  AddPhotos(photos_, 0, 20);
  const fs::path away = home_->path() / "away";
  std::once_flag once;
  const StatusOr<ScanReport> report = Scan([&](const PhotoView& photo, Findings& findings) {
    std::call_once(once, [&] {
      fs::rename(photos_, away);
      fs::create_directory(photos_);
    });
    return FindOneObject(photo, findings);
  });
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(Books().analyses.at("objects").failed, 0);
}

TEST_F(ScanWeatherTest, OnePhotoThatVanishedIsTold) {
  AddPhotos(photos_, 0, 3);
  std::once_flag once;
  const StatusOr<ScanReport> report = Scan([&](const PhotoView& photo, Findings& findings) {
    std::call_once(once, [&] { fs::remove(photos_ / "2.jpg"); });
    return FindOneObject(photo, findings);
  });
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->analysed + report->failed, 3);
  EXPECT_EQ(report->problems, 0) << "the folder is there";
}

TEST_F(ScanWeatherTest, RestsWhileOthersNeedTheMachineAndTellsWhy) {
  AddPhotos(photos_, 0, 3);
  options_.throttle = {.max_load = 4, .own_threads = 2, .proc = home_->path().string()};
  const fs::path load = home_->path() / "loadavg";
  std::ofstream(load) << "9.00 3.00 1.00 2/300 4000\n";
  StatusOr<ScanReport> report = absl::UnknownError("not run");
  std::jthread scan([&] { report = Scan(FindOneObject); });
  while (!rested_) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::optional<ScanNews> news;
  while (!news.has_value() || news->progress.resting.empty()) {
    news = ReadProgress(CatalogFiles::Of(catalog_)->progress());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(news->life, ScanNews::Life::kRunning);
  EXPECT_THAT(news->progress.resting, HasSubstr("over scan.max_load (4)"));
  EXPECT_EQ(news->progress.analysed, 0);
  std::ofstream(load) << "1.00 3.00 1.00 2/300 4000\n";
  scan.join();
  EXPECT_EQ(report->analysed, 3);
  news = ReadProgress(CatalogFiles::Of(catalog_)->progress());
  EXPECT_EQ(news->life, ScanNews::Life::kEnded);
  EXPECT_EQ(news->progress.analysed, 3);
}

TEST_F(ScanWeatherTest, RestsOnBattery) {
  AddPhotos(photos_, 0, 1);
  options_.throttle = {.rest_on_battery = true, .power = home_->path().string()};
  const fs::path battery = home_->path() / "BAT0";
  fs::create_directory(battery);
  std::ofstream(battery / "type") << "Battery\n";
  std::ofstream(battery / "status") << "Discharging\n";
  StatusOr<ScanReport> report = absl::UnknownError("not run");
  std::jthread scan([&] { report = Scan(FindOneObject); });
  while (!rested_) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(Books().analyses.empty() || Books().analyses.at("objects").done == 0);
  std::ofstream(battery / "status") << "Charging\n";
  scan.join();
  EXPECT_EQ(report->analysed, 1);
}

// Under a limit that has room for two at a time, four analysts do not look at more.
TEST_F(ScanWeatherTest, PhotosWaitForMemory) {
  AddPhotos(photos_, 0, 12);
  options_.memory = {.limit = 340'000'000, .resident = [] { return int64_t{0}; }};
  std::atomic<int> at_once = 0;
  std::atomic<int> most = 0;
  const StatusOr<ScanReport> report = Scan([&](const PhotoView& photo, Findings& findings) {
    const int now = ++at_once;
    most = std::max(most.load(), now);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    --at_once;
    return FindOneObject(photo, findings);
  });
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->analysed, 12);
  EXPECT_LE(most, 2);
}

TEST_F(ScanWeatherTest, APhotoThatTakesMoreThanAllMemoryIsRefusedWithItsNumbers) {
  AddPhotos(photos_, 0, 1);
  options_.memory = {.limit = 10'000'000};
  const StatusOr<ScanReport> report = Scan(FindOneObject);
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(failures_, ElementsAre("0.jpg: decoding it takes 16 MB of memory, the limit is 10 (limits.memory_mb, "
                                     "scan --memory)"));
  options_.memory = {};
  ASSERT_EQ(*(*Catalog::Open(catalog_))->RetryFailed({}), 1);
  EXPECT_EQ(Scan(FindOneObject)->analysed, 1);
}

}  // namespace
}  // namespace calotype
