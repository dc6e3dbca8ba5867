#include "pipeline/scan_job.h"

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

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
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

// Finds an object that says which photo it was found in.
Status FindDarkOrBright(const PhotoView& photo, Findings& findings) {
  CALOTYPE_RETURN_IF_ERROR(FindOneObject(photo, findings));
  findings.objects->front().label = photo.image.pixels()[0] < 100 ? "dark" : "bright";
  return absl::OkStatus();
}

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

TEST_F(ScanJobTest, ASidecarIsReadWithoutLookingAgain) {
  AddPhotos(2);
  const fs::path photo = photos_ / "p0.jpg";
  const auto write = [&](const std::string& rating) {
    std::ofstream(photo.string() + ".xmp")
        << R"(<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">)"
        << R"(<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating=")" << rating
        << R"("/></rdf:RDF></x:xmpmeta>)";
  };
  const auto rated = [&](int rating) { return (*Catalog::Open(catalog_))->FindPhotos({.rating = rating})->size(); };
  write("3");
  ASSERT_TRUE(Scan(*Analysis()).ok());
  EXPECT_EQ(rated(3), 1U);
  write("45");  // No rating, and of another size.
  ASSERT_TRUE(Scan(*Analysis()).ok());
  EXPECT_EQ(rated(0), 0U);
  write("5");
  fs::last_write_time(photo.string() + ".xmp", fs::file_time_type::clock::now() + std::chrono::hours(1));
  ASSERT_TRUE(Scan(*Analysis()).ok());
  EXPECT_EQ(rated(5), 1U);
  fs::remove(photo.string() + ".xmp");
  ASSERT_TRUE(Scan(*Analysis()).ok());
  EXPECT_EQ(rated(0), 0U);
  EXPECT_EQ(calls_, 2) << "no photo is looked at again";
  EXPECT_EQ(Books().photos, 2) << "a sidecar is no photo";
}

TEST_F(ScanJobTest, APairIsKnownAndItsSidecarOutlivesAnUnmountedDisk) {
  AddPhoto("shot.jpg", 10);
  AddPhoto("shot.nef", 20);  // What a file is called makes the pair, what is in it the photo.
  std::ofstream(photos_ / "shot.xmp") << "no xmp";
  ASSERT_TRUE(Scan(*Analysis()).ok());
  EXPECT_EQ((*Catalog::Open(catalog_))->Pairs()->size(), 1U);
  EXPECT_EQ((*Catalog::Open(catalog_))->CompanionsUnder(photos_.string())->size(), 3U);
  fs::rename(photos_, home_ / "away");
  ASSERT_TRUE(Scan(*Analysis()).ok());
  EXPECT_EQ((*Catalog::Open(catalog_))->CompanionsUnder(photos_.string())->size(), 3U);
  fs::rename(home_ / "away", photos_);
  fs::remove(photos_ / "shot.nef");
  ASSERT_TRUE(Scan(*Analysis()).ok());
  EXPECT_TRUE((*Catalog::Open(catalog_))->Pairs()->empty());
}

TEST_F(ScanJobTest, ANewVersionLooksAgain) {
  AddPhotos(3);
  ASSERT_TRUE(Scan(*Analysis()).ok());
  ASSERT_EQ(Scan(*Analysis(FindOneObject, "2"))->analysed, 3);
  EXPECT_EQ(calls_, 6);
  EXPECT_EQ(Books().analyses.at("objects").done, 3);
}

TEST_F(ScanJobTest, FindingsAreNotShownWhenOthersAreChosenInTheLastMoment) {
  constexpr int kPhotos = 3;
  AddPhotos(kPhotos);
  const ModelSet before{.pack = "before", .choices = "", .text_encoder = ""};
  const ModelSet after{.pack = "after", .choices = "", .text_encoder = ""};
  options_.models = before;
  ASSERT_TRUE(Scan(*Analysis()).ok());
  const std::unique_ptr<Catalog> catalog = *Catalog::Open(catalog_);
  const auto label = [&] {
    const auto photo = catalog->GetPhoto(*catalog->FindByPath((photos_ / "p0.jpg").string()));
    return photo.ok() && photo->findings.objects && photo->findings.objects->size() == 1
               ? photo->findings.objects->front().label
               : std::string();
  };
  const FakeAnalyser::Act find_another = [](const PhotoView& photo, Findings& findings) -> Status {
    CALOTYPE_RETURN_IF_ERROR(FindOneObject(photo, findings));
    findings.objects->front().label = "another";
    return absl::OkStatus();
  };
  ASSERT_EQ(label(), "thing");

  // Progress is told once more when all is analysed and stored, before it is shown.
  options_.models = after;
  on_progress_ = [&](const ScanProgress& progress) {
    if (progress.analysed == kPhotos) {
      EXPECT_TRUE(catalog->WantModels(before).ok());
    }
  };
  ASSERT_TRUE(Scan(*Analysis(find_another, "2")).ok());
  EXPECT_EQ(last_.analysed, kPhotos);
  EXPECT_EQ(catalog->Models()->shown, before);
  EXPECT_EQ(label(), "thing");

  // Chosen again, they are there already.
  on_progress_ = nullptr;
  const int calls = calls_;
  ASSERT_TRUE(Scan(*Analysis(find_another, "2")).ok());
  EXPECT_EQ(calls_, calls);
  EXPECT_EQ(catalog->Models()->shown, after);
  EXPECT_EQ(label(), "another");
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
  const auto vanished = Scan(*Analysis());
  EXPECT_EQ(vanished->missing, 0);
  EXPECT_EQ(vanished->problems, 1);
  EXPECT_THAT(failures_, Contains(HasSubstr("read photos 4 of 4 known photos are not there: taken for a disk")));
  EXPECT_EQ(Books().photos, 4);
  fs::remove(photos_);
  EXPECT_EQ(Scan(*Analysis())->problems, 1);
  EXPECT_EQ(Books().photos, 4);
  EXPECT_THAT(Message(Scan(*Analysis(), {home_ / "never"}).status()), HasSubstr("never does not exist"));

  options_.scanner.gone_is_deleted = true;
  EXPECT_EQ(Scan(*Analysis())->missing, 4);
  EXPECT_EQ(Books().photos, 0);
  EXPECT_EQ(Books().missing, 4);
}

TEST_F(ScanJobTest, AnEmptyRootIsNoDeletionEvenOfOnePhoto) {
  AddPhoto("only.jpg", 1);
  ASSERT_TRUE(Scan(*Analysis()).ok());
  fs::remove(photos_ / "only.jpg");
  EXPECT_EQ(Scan(*Analysis())->missing, 0);
  EXPECT_EQ(Books().photos, 1);
}

TEST_F(ScanJobTest, AVanishedRootDoesNotKeepTheOthersFromBeingScanned) {
  AddPhotos(3);
  const fs::path other = home_ / "other";
  fs::create_directories(other);
  fs::copy(photos_ / "p0.jpg", other / "copy.jpg");
  ASSERT_TRUE(Scan(*Analysis(), {other, photos_}).ok());
  fs::remove_all(other);
  AddPhoto("new.jpg", 99);
  const auto report = Scan(*Analysis(), {other, photos_});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->analysed, 1);
  EXPECT_EQ(report->problems, 1);
  EXPECT_THAT(*(*Catalog::Open(catalog_))->Roots(), ElementsAre(other.string(), photos_.string()));
}

TEST_F(ScanJobTest, DeletedPhotosAreForgottenAfterTheirGrace) {
  AddPhotos(5);
  ASSERT_TRUE(Scan(*Analysis()).ok());
  fs::remove(photos_ / "p0.jpg");
  options_.forget_before = time(nullptr) - 1000;
  const auto missing = Scan(*Analysis());
  EXPECT_EQ(missing->missing, 1);
  EXPECT_EQ(missing->forgotten, 0);
  EXPECT_EQ(Books().missing, 1);
  options_.forget_before = time(nullptr) + 1000;
  EXPECT_EQ(Scan(*Analysis())->forgotten, 1);
  EXPECT_EQ(Books().missing, 0);
  EXPECT_EQ(Books().analyses.at("objects").done, 4);
}

TEST_F(ScanJobTest, PatternsLeaveOutWhatTheyName) {
  AddPhoto("a.jpg", 1);
  AddPhoto("raw/b.jpg", 2);
  AddPhoto("2024/c.jpg", 3);
  AddPhoto("2024/proof/d.jpg", 4);
  AddPhoto("exports/e.jpg", 5);
  ASSERT_EQ(Scan(*Analysis())->photos, 5);
  std::ofstream(photos_ / ".calotypeignore") << "raw/\n";
  std::ofstream(photos_ / "2024/.calotypeignore") << "proof\n";
  options_.scanner.exclude = {"/exports"};
  const auto report = Scan(*Analysis());
  EXPECT_EQ(report->photos, 2);
  EXPECT_EQ(report->problems, 0) << "what is left out by will has not vanished";
  EXPECT_EQ(report->missing, 3);
  EXPECT_EQ(Books().photos, 2);
  fs::remove(photos_ / ".calotypeignore");
  EXPECT_EQ(Scan(*Analysis())->photos, 3);
  EXPECT_EQ(Books().photos, 3);
  EXPECT_EQ(calls_, 5) << "what comes back costs nothing";
}

TEST_F(ScanJobTest, LinksToFoldersAreEnteredOnceWhereAsked) {
  AddPhoto("album/a.jpg", 1);
  fs::create_directories(home_ / "elsewhere");
  fs::rename(AddPhoto("b.jpg", 2), home_ / "elsewhere/b.jpg");
  fs::create_directory_symlink(home_ / "elsewhere", photos_ / "linked");
  fs::create_directory_symlink(photos_, photos_ / "album/loop");
  EXPECT_EQ(Scan(*Analysis())->photos, 1);
  options_.scanner.follow_links = true;
  EXPECT_EQ(Scan(*Analysis())->photos, 2);
  EXPECT_EQ(Books().photos, 2);
}

TEST_F(ScanJobTest, APartIsScannedByItself) {
  AddPhotos(10);
  AddPhoto("part/a.jpg", 200);
  AddPhoto("part/b.jpg", 201);
  ASSERT_EQ(Scan(*Analysis())->analysed, 12);
  fs::remove(photos_ / "part/a.jpg");
  fs::remove(photos_ / "part/b.jpg");
  fs::remove(photos_ / "p0.jpg");
  AddPhoto("part/c.jpg", 202);
  options_.parts = {photos_ / "part"};
  const auto report = Scan(*Analysis());
  EXPECT_EQ(report->analysed, 1);
  EXPECT_EQ(report->missing, 2) << "most of the part, but little of the root, is gone";
  EXPECT_EQ(Books().photos, 11);
  fs::remove_all(photos_ / "part");
  EXPECT_EQ(Scan(*Analysis())->missing, 1);
}

TEST_F(ScanJobTest, APhotoThatCrashesTwiceIsSetAside) {
  AddPhotos(3);
  const auto crash_on_one = [](const PhotoView& photo, Findings& findings) {
    if (photo.image.pixels()[0] < 3) {
      std::abort();
    }
    return FindOneObject(photo, findings);
  };
  for (int i = 0; i < 2; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      signal(SIGABRT, SIG_DFL);
      Scan(*Analysis(crash_on_one)).IgnoreError();
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
  }
  EXPECT_TRUE(Scan(*Analysis(crash_on_one)).ok()) << "the third scan does not touch it";
  EXPECT_EQ(Books().analyses.at("objects").done, 2);
  ASSERT_FALSE(Books().failures.empty());
  EXPECT_THAT(Books().failures[0].reason, HasSubstr("set aside: Calotype crashed 2 times"));
  EXPECT_THAT(Books().failures[0].examples, ElementsAre((photos_ / "p0.jpg").string()));
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
  EXPECT_GT(*(*Catalog::Open(catalog_))->RetryFailed({}), 0);
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

TEST_F(ScanJobTest, WhatIsNewIsBookedForTheScanThatRuns) {
  AddPhotos(3);
  ASSERT_TRUE(Scan(*Analysis()).ok());
  AddPhoto("new.jpg", 77);
  StatusOr<FileLock> lock = FileLock::Take(catalog_.string() + ".scan.lock", "");
  ASSERT_TRUE(lock.ok());
  options_.wait = true;
  StatusOr<ScanReport> report = absl::UnknownError("not run");
  std::jthread second([&] { report = Scan(*Analysis()); });
  while (Books().analyses.at("objects").pending == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(calls_, 3);
  lock = absl::CancelledError("released");
  second.join();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->photos, 4);
  EXPECT_EQ(report->analysed, 1);
  ASSERT_EQ(waits_.size(), 1U);
  EXPECT_THAT(waits_[0], HasSubstr("another scan of this catalogue is running"));
}

TEST_F(ScanJobTest, APauseHoldsWhatIsNotBegun) {
  AddPhotos(3);
  ASSERT_TRUE((*Catalog::Open(catalog_))->SetPaused(true).ok());
  StatusOr<ScanReport> report = absl::UnknownError("not run");
  std::atomic<bool> resting = false;
  std::jthread scan([&] {
    const ScanSubscriber subscriber = [&](const ScanEvent& event) {
      const auto* const progress = std::get_if<ScanProgress>(&event);
      resting = resting || (progress != nullptr && !progress->resting.empty());
    };
    report = RunScan({.catalog_file = catalog_, .roots = {photos_}, .workers = 1}, *Analysis(), subscriber, {});
  });
  while (!resting) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(calls_, 0);
  ASSERT_TRUE((*Catalog::Open(catalog_))->SetPaused(false).ok());
  scan.join();
  EXPECT_EQ(report->analysed, 3);
}

TEST_F(ScanJobTest, ACopyKeepsItsFindingsWhenTheOtherOneIsReplacedDuringAPause) {
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

TEST_F(ScanJobTest, APhotoThatIsReplacedDuringAPauseIsReadByTheNextScan) {
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

TEST_F(ScanJobTest, AnEditThatKeepsSizeAndTimeIsRead) {
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

TEST_F(ScanJobTest, ASidecarEditThatKeepsSizeAndTimeIsRead) {
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

TEST_F(ScanJobTest, AChangeOfPermissionsUpdatesOnlyTheStamp) {
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

TEST_F(ScanJobTest, StampsFromBeforeCtimeWasStoredAreAcceptedOnce) {
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
