// For the tests of whole scans: a library of small photos and fake analysers.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "base/file.h"
#include "base/file_lock.h"
#include "base/file_stamp.h"
#include "photo/encode.h"
#include "pipeline/fake_analysers.h"
#include "pipeline/stages/scan_job.h"

namespace calotype {

namespace fs = std::filesystem;

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
    const ScanSubscriber subscriber = [this, thread = std::this_thread::get_id()](const ScanEvent& event) {
      EXPECT_EQ(std::this_thread::get_id(), thread) << "events come from the thread that called RunScan()";
      if (const auto* const progress = std::get_if<ScanProgress>(&event); progress != nullptr) {
        last_ = *progress;
        if (on_progress_) {
          on_progress_(*progress);
        }
      } else if (const auto* const failure = std::get_if<ScanFailure>(&event); failure != nullptr) {
        failures_.push_back(failure->analysis + " " + fs::path(failure->path).filename().string() + " " +
                            failure->reason);
      } else {
        waits_.push_back(std::get<ScanWaiting>(event).reason);
      }
    };
    if (roots.empty()) {
      roots = {photos_};
    }
    ScanOptions options = options_;
    options.catalog_file = catalog_;
    options.roots = std::move(roots);
    options.workers = 3;
    return RunScan(options, analysis, subscriber, stop);
  }

  // The label of the first object that was found in the photo at `name`.
  std::string LabelOf(const std::string& name) const {
    const auto catalog = Catalog::Open(catalog_);
    const StatusOr<PhotoId> id = (*catalog)->FindByPath((photos_ / name).string());
    EXPECT_TRUE(id.ok()) << Message(id.status());
    const StatusOr<PhotoRecord> photo = (*catalog)->GetPhoto(*id);
    return photo->findings.objects.has_value() ? photo->findings.objects->front().label : "";
  }

  // The stored stamp of the photo at `name`.
  FileStamp StampIn(const std::string& name) const {
    return (*(*Catalog::Open(catalog_))->FilesUnder(photos_.string()))[(photos_ / name).string()];
  }

  // Replaces the content of a file in place, with the same size and mtime, as some metadata editors do.
  void EditKeepingTime(const fs::path& path, const std::string& content) const {
    const FileStamp before = *StampOfFile(path);
    ASSERT_EQ(static_cast<int64_t>(content.size()), before.size);
    constexpr int64_t kSecond = 1'000'000'000;
    const timespec time{.tv_sec = before.mtime_ns / kSecond, .tv_nsec = before.mtime_ns % kSecond};
    const timespec times[] = {time, time};
    // Two changes within one tick of the kernel's clock have the same ctime.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    std::ofstream(path, std::ios::in | std::ios::out | std::ios::binary) << content;
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
    ASSERT_EQ(StampOfFile(path)->mtime_ns, before.mtime_ns);
  }

  // The bytes of a photo of this shade, filled up to 4,000 bytes.
  std::string PaddedPhoto(int shade) const {
    std::string bytes = *ReadTextFile(AddPhoto("padded.jpg", shade));
    fs::remove(photos_ / "padded.jpg");
    bytes.resize(4000, '\0');
    return bytes;
  }

  CatalogStatus Books() const { return *(*Catalog::Open(catalog_))->GetStatus(); }

  const fs::path home_ = fs::temp_directory_path() / ("calotype_scan_test_" + std::to_string(getpid()));
  const fs::path photos_ = home_ / "photos";
  const fs::path catalog_ = home_ / "catalog.db";
  std::atomic<int> calls_{0};
  ScanOptions options_;
  std::vector<std::string> failures_;
  std::vector<std::string> waits_;
  ScanProgress last_;
  std::function<void(const ScanProgress&)> on_progress_;
};

}  // namespace calotype
