#include "pipeline/stages/scan_job.h"

#include <gmock/gmock.h>

#include <chrono>
#include <latch>
#include <thread>

#include "pipeline/scan_test_util.h"

namespace calotype {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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

// Reads like the reader of this program, but each call waits until all `together` of them are at it.
class ReaderInCompany : public PhotoReader {
 public:
  explicit ReaderInCompany(int together) : arrived_(together) {}

  PhotoFormat DetectFormat(int file) const override { return reader_->DetectFormat(file); }
  std::string ReadContentIdentifier(int file) const override { return reader_->ReadContentIdentifier(file); }
  StatusOr<FactsAnswer> ReadFacts(const PhotoRequest& request) const override { return reader_->ReadFacts(request); }
  StatusOr<DecodeAnswer> Decode(const PhotoRequest& request) const override {
    constexpr std::chrono::seconds kPatience{20};
    arrived_.count_down();
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!arrived_.try_wait()) {
      if (std::chrono::steady_clock::now() > deadline) {
        return absl::DeadlineExceededError("alone");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return reader_->Decode(request);
  }
  StatusOr<XmpChange> AddToSidecar(int sidecar, const XmpAdditions& additions) const override {
    return reader_->AddToSidecar(sidecar, additions);
  }

 private:
  const std::unique_ptr<PhotoReader> reader_ = CreatePhotoReader();
  mutable std::latch arrived_;
};

TEST_F(ScanJobTest, WorkersWithNothingToAnalyseDecode) {
  constexpr int kThreads = 4;  // three workers and the decoder
  AddPhotos(kThreads);
  options_.reader = std::make_shared<ReaderInCompany>(kThreads);
  const StatusOr<ScanReport> report = Scan(*Analysis());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->analysed, kThreads) << "decoded one after the other, they would wait for each other";
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
  EXPECT_EQ(report->missing, 0) << "it has moved";
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
  EXPECT_THAT(failures_,
              Contains(HasSubstr("read photos 4 of 4 known photos are missing. Their disk is probably not mounted")));
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

TEST_F(ScanJobTest, PendingPhotosOfAVanishedRootAreReadWhereTheyAreFoundAgain) {
  AddPhotos(3);
  ASSERT_TRUE(Scan(*Analysis()).ok());
  const fs::path moved = home_ / "moved";
  fs::copy(photos_, moved, fs::copy_options::recursive);
  fs::remove_all(photos_);
  const auto report = Scan(*Analysis(FindOneObject, "2"), {moved});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->analysed, 3);
  EXPECT_THAT(failures_, IsEmpty());
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

TEST_F(ScanJobTest, APauseInTheMiddleTakesEffectWithinOnePhotoForEachWorker) {
  AddPhotos(40);
  const auto catalog = Catalog::Open(catalog_);
  const auto pause_at_the_fifth = [&](const PhotoView& photo, Findings& findings) {
    if (calls_ == 5) {
      EXPECT_TRUE((*Catalog::Open(catalog_))->SetPaused(true).ok());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return FindOneObject(photo, findings);
  };
  int calls = -1;
  std::chrono::steady_clock::time_point since;
  on_progress_ = [&](const ScanProgress& progress) {
    if (progress.resting.empty()) {
      return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (calls < 0) {
      calls = calls_;
      since = now;
    } else if (now - since > std::chrono::milliseconds(500)) {
      EXPECT_LE(calls_, calls + 3) << "of three workers, each finishes its photo";
      EXPECT_TRUE((*catalog)->SetPaused(false).ok());
    }
  };
  EXPECT_EQ(Scan(*Analysis(pause_at_the_fifth))->analysed, 40);
  EXPECT_GE(calls, 5);
  EXPECT_LT(calls, 40);
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

}  // namespace
}  // namespace calotype
