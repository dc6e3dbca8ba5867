#include "app/trash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "app/decisions.h"
#include "app/fake_library.h"
#include "app/scan.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace fs = std::filesystem;

class TrashTest : public ::testing::Test {
 protected:
  explicit TrashTest(const std::string& folders = "/") : library_({"server.trash_folders=" + folders}) {
    library_.AddPhotos(3);
    Touch("p0.jpg.xmp");
    Scan();
  }
  void Scan() {
    ScanService scans(*library_);
    ASSERT_TRUE(scans.Start({.folders = {library_.photos().string()}}).ok());
    ASSERT_TRUE(scans.Wait().ok());
  }
  fs::path Path(const std::string& name) const { return library_.photos() / name; }
  void Touch(const std::string& name) const { std::ofstream(Path(name)) << "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"; }
  CatalogLease Catalogue() { return *std::move((*library_).Catalogue()); }
  PhotoId Photo(const std::string& name) { return Catalogue()->FindByPath(Path(name).string()).value_or(0); }
  StatusOr<Trashed> Move(const std::string& name) { return MoveToTrash(*library_, {.photos = {Photo(name)}}); }
  bool IsPresent(PhotoId photo) { return !Catalogue()->PathsOf(std::vector{photo}).value().at(0).empty(); }
  // The names of the files in the folder of photos, without those in the trash.
  std::set<std::string> Files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(library_.photos())) {
      if (entry.is_regular_file() || entry.is_symlink()) {
        names.insert(entry.path().filename().string());
      }
    }
    return names;
  }
  std::set<std::string> Trash() const {
    std::set<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(Path(kTrashFolder), error)) {
      if (entry.is_regular_file()) {
        names.insert(entry.path().filename().string());
      }
    }
    return names;
  }

  const std::set<std::string> all_ = {"p0.jpg", "p0.jpg.xmp", "p1.jpg", "p2.jpg"};
  FakeLibrary library_;
};

TEST_F(TrashTest, APhotoGoesWithItsSidecarAndReturns) {
  const PhotoId photo = Photo("p0.jpg");
  EXPECT_THAT(TrashFolders(*library_).value(), ElementsAre(library_.photos().string()));
  const StatusOr<Trashed> trashed = Move("p0.jpg");
  ASSERT_TRUE(trashed.ok()) << trashed.status();
  EXPECT_EQ(trashed->files, 2);
  EXPECT_EQ(trashed->photos, 1);
  EXPECT_THAT(Files(), ElementsAre("p1.jpg", "p2.jpg"));
  EXPECT_THAT(Trash(), ElementsAre("p0.jpg", "p0.jpg.xmp"));
  EXPECT_FALSE(IsPresent(photo));
  Scan();
  EXPECT_FALSE(IsPresent(photo)) << "scans do not look into the trash";

  const StatusOr<DecisionRecord> undone = UndoDecision(*library_, trashed->decision);
  ASSERT_TRUE(undone.ok()) << undone.status();
  EXPECT_EQ(undone->text, "Moved 1 photo to the trash");
  EXPECT_TRUE(undone->undone_at.has_value());
  EXPECT_EQ(Files(), all_);
  EXPECT_FALSE(fs::exists(Path(kTrashFolder))) << "an empty trash is removed";
  EXPECT_TRUE(IsPresent(photo));
  EXPECT_THAT(Message(UndoDecision(*library_, trashed->decision).status()), HasSubstr("undone already"));
}

TEST_F(TrashTest, AFileThatChangedStays) {
  std::ofstream(Path("p1.jpg"), std::ios::app) << "more";
  EXPECT_THAT(Message(Move("p1.jpg").status()), HasSubstr("p1.jpg was changed since it was scanned"));
  // All or none.
  const std::vector<PhotoId> both = {Photo("p0.jpg"), Photo("p1.jpg")};
  EXPECT_TRUE(absl::IsFailedPrecondition(MoveToTrash(*library_, {.photos = both}).status()));
  EXPECT_EQ(Files(), all_);
}

TEST_F(TrashTest, LinksAreRefused) {
  fs::rename(Path("p1.jpg"), library_.photos().parent_path() / "elsewhere.jpg");
  fs::create_symlink(library_.photos().parent_path() / "elsewhere.jpg", Path("p1.jpg"));
  EXPECT_THAT(Message(Move("p1.jpg").status()), HasSubstr("is a link"));
  fs::create_directory_symlink("/tmp", Path(kTrashFolder));
  EXPECT_THAT(Message(Move("p2.jpg").status()), HasSubstr("is a link"));
  EXPECT_EQ(Files().count("p2.jpg"), 1U);
}

TEST_F(TrashTest, UndoOverwritesNothing) {
  const StatusOr<Trashed> trashed = Move("p0.jpg");
  ASSERT_TRUE(trashed.ok()) << trashed.status();
  std::ofstream(Path("p0.jpg")) << "another file";
  EXPECT_THAT(Message(UndoDecision(*library_, trashed->decision).status()), HasSubstr("there is something at"));
  EXPECT_THAT(Trash(), SizeIs(2)) << "not even the sidecar was moved";
  fs::remove(Path("p0.jpg"));
  EXPECT_TRUE(UndoDecision(*library_, trashed->decision).ok());
  EXPECT_EQ(Files(), all_);
}

TEST_F(TrashTest, WhatIsNotInTheTrashAnyMoreCannotReturn) {
  const StatusOr<Trashed> trashed = Move("p0.jpg");
  ASSERT_TRUE(trashed.ok()) << trashed.status();
  fs::remove_all(Path(kTrashFolder));
  EXPECT_THAT(Message(UndoDecision(*library_, trashed->decision).status()), HasSubstr("is not there any more"));
}

// As if the process was killed between the plan and the last move.
TEST_F(TrashTest, AnInterruptedMoveIsTakenBack) {
  const StatusOr<TrashPlan> plan = PlanTrash(*library_, {.photos = {Photo("p0.jpg"), Photo("p1.jpg")}});
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_THAT(plan->moves, SizeIs(3));
  const DecisionId decision = Catalogue()->PlanTrash(plan->moves, 2).value();
  fs::create_directories(fs::path(plan->moves[0].trash_path).parent_path());
  fs::rename(plan->moves[0].path, plan->moves[0].trash_path);
  ASSERT_TRUE(RecoverTrash(*library_).ok());
  EXPECT_EQ(Files(), all_);
  EXPECT_THAT(Catalogue()->UnfinishedTrash().value(), IsEmpty());
  EXPECT_TRUE(Catalogue()->Decision(decision)->undone_at.has_value());
  EXPECT_TRUE(IsPresent(Photo("p0.jpg")));
}

TEST_F(TrashTest, AnInterruptedReturnGoesOn) {
  const StatusOr<Trashed> trashed = Move("p0.jpg");
  ASSERT_TRUE(trashed.ok()) << trashed.status();
  ASSERT_TRUE(Catalogue()->PlanReturn(trashed->decision).ok());
  const TrashMove first = Catalogue()->TrashMoves(trashed->decision)->front();
  fs::rename(first.trash_path, first.path);
  ASSERT_TRUE(RecoverTrash(*library_).ok());
  EXPECT_EQ(Files(), all_);
  EXPECT_TRUE(IsPresent(Photo("p0.jpg")));
}

TEST_F(TrashTest, RecoveryOverwritesNothing) {
  const StatusOr<Trashed> trashed = Move("p0.jpg");
  ASSERT_TRUE(trashed.ok()) << trashed.status();
  ASSERT_TRUE(Catalogue()->PlanReturn(trashed->decision).ok());
  std::ofstream(Path("p0.jpg")) << "another file";
  ASSERT_TRUE(RecoverTrash(*library_).ok());
  EXPECT_EQ(fs::file_size(Path("p0.jpg")), 12U);
  EXPECT_THAT(Trash(), ElementsAre("p0.jpg")) << "it stays there";
  EXPECT_EQ(Files(), all_);
  // The decision goes on, of what is left.
  EXPECT_FALSE(Catalogue()->Decision(trashed->decision)->undone_at.has_value());
  EXPECT_THAT(Message(UndoDecision(*library_, trashed->decision).status()), HasSubstr("there is something at"));
  fs::remove(Path("p0.jpg"));
  const StatusOr<DecisionRecord> undone = UndoDecision(*library_, trashed->decision);
  ASSERT_TRUE(undone.ok()) << undone.status();
  EXPECT_TRUE(undone->undone_at.has_value());
  EXPECT_THAT(Trash(), IsEmpty());
  EXPECT_GT(fs::file_size(Path("p0.jpg")), 12U);
  EXPECT_TRUE(IsPresent(Photo("p0.jpg")));
}

TEST_F(TrashTest, ASidecarOfAPhotoThatStaysStays) {
  fs::copy_file(Path("p1.jpg"), Path("pair.jpg"));
  std::ofstream(Path("pair.jpg"), std::ios::app) << "1";
  fs::copy_file(Path("p1.jpg"), Path("pair.jpeg"));
  std::ofstream(Path("pair.jpeg"), std::ios::app) << "2";
  Touch("pair.xmp");
  Scan();
  ASSERT_TRUE(Move("pair.jpg").ok());
  EXPECT_THAT(Trash(), ElementsAre("pair.jpg"));
  ASSERT_TRUE(Move("pair.jpeg").ok());
  EXPECT_THAT(Trash(), ElementsAre("pair.jpeg", "pair.jpg", "pair.xmp"));
}

TEST_F(TrashTest, OneFileOfAPictureIsKept) {
  fs::copy_file(Path("p1.jpg"), Path("copy.jpg"));
  Scan();
  const PhotoId photo = Photo("p1.jpg");
  ASSERT_EQ(Photo("copy.jpg"), photo);
  EXPECT_THAT(Message(MoveToTrash(*library_, {.photos = {photo}, .keep_one = true}).status()),
              HasSubstr("is the last file of its picture"));
  EXPECT_THAT(Trash(), IsEmpty());
  const StatusOr<Trashed> one = MoveToTrash(*library_, {.files = {Path("copy.jpg").string()}, .keep_one = true});
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_THAT(Trash(), ElementsAre("copy.jpg"));
  EXPECT_TRUE(IsPresent(photo)) << "its other file";
  EXPECT_TRUE(absl::IsFailedPrecondition(
      MoveToTrash(*library_, {.files = {Path("p1.jpg").string()}, .keep_one = true}).status()))
      << "the last one";
}

TEST_F(TrashTest, WhatIsNotKnownIsRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(MoveToTrash(*library_, {}).status()));
  EXPECT_TRUE(absl::IsNotFound(MoveToTrash(*library_, {.photos = {999}}).status()));
  EXPECT_TRUE(absl::IsNotFound(MoveToTrash(*library_, {.files = {"/etc/passwd"}}).status()));
  EXPECT_EQ(Files(), all_);
}

class NoTrashTest : public TrashTest {
 protected:
  NoTrashTest() : TrashTest("") {}
};

TEST_F(NoTrashTest, WithoutTheSettingNothingIsMoved) {
  EXPECT_THAT(TrashFolders(*library_).value(), IsEmpty());
  const Status refused = Move("p0.jpg").status();
  EXPECT_TRUE(absl::IsPermissionDenied(refused));
  EXPECT_THAT(Message(refused), HasSubstr("server.trash_folders"));
  EXPECT_EQ(Files(), all_);
}

}  // namespace
}  // namespace calotype
