#include "pipeline/stages/walk_stage.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <map>
#include <thread>

#include "pipeline/stages/stage_test_util.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// A catalogue in memory. Transactions are not rolled back.
class FakeScannerCatalog : public ScannerCatalog {
 public:
  std::unordered_map<std::string, FileStamp> files;
  std::vector<std::string> added;
  std::vector<std::string> updated;
  std::vector<std::string> missing;
  std::vector<std::string> finished_roots;
  Status error;  // returned by AddFile() when it is not OK

  StatusOr<std::unordered_map<std::string, FileStamp>> FilesUnder(std::string_view root) override {
    std::unordered_map<std::string, FileStamp> under;
    for (const auto& [path, stamp] : files) {
      if (IsAtOrBelow(path, root)) {
        under.emplace(path, stamp);
      }
    }
    return under;
  }
  StatusOr<int64_t> CountFilesUnder(std::string_view root) override { return std::ssize(*FilesUnder(root)); }
  StatusOr<PhotoId> AddFile(std::string_view path, const FileStamp& stamp, const Sha256Digest& /*sha256*/) override {
    CALOTYPE_RETURN_IF_ERROR(error);
    added.push_back(fs::path(path).filename().string());
    files[std::string(path)] = stamp;
    return std::ssize(files);
  }
  Status UpdateFileStamp(std::string_view path, const FileStamp& stamp) override {
    updated.push_back(fs::path(path).filename().string());
    files[std::string(path)] = stamp;
    return absl::OkStatus();
  }
  Status AddProblem(std::string_view /*path*/, std::string_view /*reason*/) override { return absl::OkStatus(); }
  Status ClearProblems(std::string_view /*root*/) override { return absl::OkStatus(); }
  StatusOr<FilesOfPhoto> FilesLike(std::string_view path) override { return absl::NotFoundError(std::string(path)); }
  Status MarkMissing(std::span<const std::string> paths) override {
    for (const std::string& path : paths) {
      missing.push_back(fs::path(path).filename().string());
      files.erase(path);
    }
    return absl::OkStatus();
  }
  StatusOr<std::vector<Companion>> CompanionsUnder(std::string_view /*root*/) override {
    return std::vector<Companion>();
  }
  Status PutCompanion(const Companion& /*companion*/) override { return absl::OkStatus(); }
  Status UpdateCompanionStamp(const Companion& /*companion*/) override { return absl::OkStatus(); }
  Status DropCompanion(const Companion& /*companion*/) override { return absl::OkStatus(); }
  Status FinishRoot(std::string_view root, int64_t /*files*/) override {
    finished_roots.emplace_back(root);
    return absl::OkStatus();
  }
  StatusOr<std::vector<std::string>> Roots() override { return finished_roots; }
  Status RemoveRoot(std::string_view /*root*/) override { return absl::OkStatus(); }
  StatusOr<std::unique_ptr<Transaction>> BeginTransaction() override { return std::make_unique<FakeTransaction>(); }

 private:
  class FakeTransaction : public Transaction {
    Status Commit() override { return absl::OkStatus(); }
  };
};

class WalkStageTest : public ::testing::Test {
 protected:
  void SetUp() override { options_.roots = {root_}; }

  void Run(ScanState& state) { WalkStage(catalog_, options_, state).Run(); }

  const StatusOr<TemporaryFolder> home_ = TemporaryFolder::Create();
  const fs::path root_ = home_->path() / "photos";
  FakeScannerCatalog catalog_;
  ScanOptions options_;
};

TEST_F(WalkStageTest, AddsPhotosAndFinishesTheRoot) {
  WritePhoto(root_ / "a.jpg", 1);
  WritePhoto(root_ / "b/c.jpg", 2);
  ScanState state({});
  Run(state);
  EXPECT_THAT(catalog_.added, ElementsAre("a.jpg", "c.jpg"));
  EXPECT_THAT(catalog_.finished_roots, ElementsAre(root_.string()));
  EXPECT_FALSE(state.walking());
  EXPECT_EQ(state.counts().photos, 2);
}

TEST_F(WalkStageTest, ReadsOnlyWhatChangedAndUpdatesOldStamps) {
  for (const char* const name : {"changed.jpg", "old_stamp.jpg", "same.jpg"}) {
    WritePhoto(root_ / name, 1);
    catalog_.files[root_ / name] = *StampOfFile(root_ / name);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ASSERT_EQ(chmod((root_ / "changed.jpg").c_str(), 0600), 0);
  catalog_.files[root_ / "old_stamp.jpg"].ctime_ns = 0;
  catalog_.files[root_ / "old_stamp.jpg"].inode = 0;
  ScanState state({});
  Run(state);
  EXPECT_THAT(catalog_.added, ElementsAre("changed.jpg"));
  EXPECT_THAT(catalog_.updated, ElementsAre("old_stamp.jpg"));
  EXPECT_EQ(state.counts().unchanged, 2);
}

TEST_F(WalkStageTest, WalksOnlyThePartsThatAreGiven) {
  WritePhoto(root_ / "a.jpg", 1);
  WritePhoto(root_ / "part/b.jpg", 2);
  options_.parts = {root_ / "part", "/elsewhere"};
  ScanState state({});
  Run(state);
  EXPECT_THAT(catalog_.added, ElementsAre("b.jpg"));
  EXPECT_THAT(catalog_.finished_roots, IsEmpty());
}

TEST_F(WalkStageTest, AnUnreadableFileIsAFailureAndAnErrorOfTheCatalogueEndsTheScan) {
  WritePhoto(root_ / "a.jpg", 1);
  std::ofstream(root_ / "empty.jpg").close();
  ScanState state({});
  Run(state);
  EXPECT_EQ(state.counts().problems, 1);
  EXPECT_THAT(FailuresOf(state), ElementsAre(StartsWith("read " + (root_ / "empty.jpg").string())));
  catalog_.error = absl::ResourceExhaustedError("disk full");
  WritePhoto(root_ / "b.jpg", 2);
  Run(state);
  EXPECT_EQ(Message(state.error()), "disk full");
}

TEST_F(WalkStageTest, AStoppedScanWalksNothing) {
  WritePhoto(root_ / "a.jpg", 1);
  ScanState state({});
  state.Supersede();
  Run(state);
  EXPECT_THAT(catalog_.added, IsEmpty());
  EXPECT_FALSE(state.walking());
}

}  // namespace
}  // namespace calotype
