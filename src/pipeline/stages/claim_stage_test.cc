#include "pipeline/stages/claim_stage.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "pipeline/fake_work_source.h"
#include "pipeline/stages/stage_test_util.h"

namespace calotype {
namespace {

class FakeModelsCatalog : public ModelsCatalog {
 public:
  std::optional<ModelSet> wanted = ModelSet{};

  StatusOr<std::optional<ModelSet>> WantedModels() override { return wanted; }

  StatusOr<LibraryModels> Models() override { return Unused(); }
  Status WantModels(const ModelSet& /*models*/) override { return Unused(); }
  StatusOr<bool> CompleteSwitch() override { return Unused(); }
  StatusOr<int64_t> DeletePreviousModels() override { return Unused(); }

 private:
  static Status Unused() { return absl::UnimplementedError("the stage does not call it"); }
};

class ClaimStageTest : public ::testing::Test {
 protected:
  void AddPending(PhotoId first, PhotoId last) {
    for (PhotoId id = first; id <= last; ++id) {
      source_.pending.push_back({.photo = id});
    }
  }

  void RunStage() {
    ClaimStage({.source = source_, .models = models_, .options = options_, .state = state_, .output = output_},
               {"objects"})
        .Run();
  }

  FakeWorkSource source_;
  FakeModelsCatalog models_;
  ScanOptions options_;
  ScanState state_{{}};
  ClaimedQueue output_{1000};
};

TEST_F(ClaimStageTest, ClaimsAllAndEnds) {
  state_.EndWalk();
  AddPending(1, 70);
  RunStage();
  EXPECT_EQ(output_.size(), 70U);
  EXPECT_EQ(state_.Progress().to_do, 70);
  EXPECT_EQ(output_.TryPop()->photo, 1);
}

TEST_F(ClaimStageTest, AWorkerWaitsForFurtherWork) {
  std::stop_source stop;
  ScanState state(stop.get_token());
  state.EndWalk();
  options_.only_work = true;
  AddPending(1, 3);
  std::jthread stage([&] {
    ClaimStage({.source = source_, .models = models_, .options = options_, .state = state, .output = output_},
               {"objects"})
        .Run();
  });
  while (output_.size() < 3) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(state.Stopping());
  stop.request_stop();  // ends it at once, whatever it waits for
  stage.join();
  EXPECT_EQ(output_.size(), 3U);
}

TEST_F(ClaimStageTest, WaitsForTheWalk) {
  std::jthread stage([this] { RunStage(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(output_.size(), 0U);
  state_.EndWalk();
  stage.join();
  EXPECT_FALSE(state_.Stopping());
}

TEST_F(ClaimStageTest, APhotoWithoutAFileWaitsForTheEndOfTheWalk) {
  source_.pending.push_back({.photo = 1, .files = {{.path = "/no/such/photo.jpg"}}});
  source_.pending.push_back({.photo = 2, .files = {{.path = "/no/such/photo.jpg"}, {.path = "/proc/self/status"}}});
  std::jthread stage([this] { RunStage(); });
  while (output_.size() < 1) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(output_.TryPop()->photo, 2);
  state_.EndWalk();
  stage.join();
  EXPECT_THAT(source_.released, ::testing::ElementsAre(1));
  ASSERT_EQ(output_.size(), 1U);
  EXPECT_EQ(output_.TryPop()->photo, 1);
}

TEST_F(ClaimStageTest, WaitsForPhotosThatOthersHold) {
  state_.EndWalk();
  source_.held_by_others = 1;
  std::atomic<bool> ended = false;
  std::jthread stage([&] {
    RunStage();
    ended = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(ended);
  source_.held_by_others = 0;
  stage.join();
  EXPECT_TRUE(ended);
}

TEST_F(ClaimStageTest, APauseHoldsItBack) {
  state_.EndWalk();
  AddPending(1, 1);
  state_.SetResting("paused");
  std::jthread stage([this] { RunStage(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(output_.size(), 0U);
  state_.SetResting("");
  stage.join();
  EXPECT_EQ(output_.size(), 1U);
}

TEST_F(ClaimStageTest, OtherModelsStopTheScan) {
  AddPending(1, 1);
  models_.wanted = ModelSet{.pack = "another"};
  RunStage();
  EXPECT_TRUE(state_.stopped());
  EXPECT_EQ(output_.size(), 0U);
}

TEST_F(ClaimStageTest, AnErrorOfTheCatalogueEndsTheScan) {
  source_.error = absl::DataLossError("damaged");
  RunStage();
  EXPECT_EQ(Message(state_.error()), "damaged");
}

}  // namespace
}  // namespace calotype
