#include "pipeline/scan_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(ScanStateTest, TheFirstErrorCounts) {
  ScanState state({});
  EXPECT_FALSE(state.Stopping());
  state.Fail(absl::ResourceExhaustedError("disk full"));
  state.Fail(absl::InternalError("later"));
  EXPECT_TRUE(state.Stopping());
  EXPECT_FALSE(state.stopped()) << "an error is no stop";
  EXPECT_EQ(Message(state.error()), "disk full");
}

TEST(ScanStateTest, ARequestAndOtherModelsStopIt) {
  std::stop_source stop;
  ScanState state(stop.get_token());
  stop.request_stop();
  EXPECT_TRUE(state.Stopping());
  EXPECT_TRUE(state.stopped());
  ScanState superseded({});
  superseded.Supersede();
  EXPECT_TRUE(superseded.Stopping());
  EXPECT_TRUE(superseded.stopped());
}

TEST(ScanStateTest, CountsResultsAndRemembersDevices) {
  ScanState state({});
  state.counts().photos = 5;
  state.counts().unchanged = 2;
  PhotoResult done;
  done.outcomes = {{.analysis = "objects", .device = "cuda"}};
  PhotoResult failed;
  failed.outcomes = {{.analysis = "objects", .state = AnalysisState::kFailed, .device = "cpu"}};
  state.AddResult(done);
  state.AddResult(failed);
  state.SetResting("on battery");
  state.EndWalk();
  const ScanProgress progress = state.Progress();
  EXPECT_EQ(progress.to_do, 3);
  EXPECT_EQ(progress.analysed, 1);
  EXPECT_EQ(progress.failed, 1);
  EXPECT_EQ(progress.resting, "on battery");
  EXPECT_FALSE(progress.walking);
  EXPECT_THAT(state.devices(), ElementsAre(Pair("objects", "cuda")));
}

TEST(ScanStateTest, ManyFailuresWaitForTheSubscriberAndArriveInOrder) {
  constexpr int kFailures = 5000;
  ScanState state({});
  std::atomic<bool> finished = false;
  const std::jthread stage([&] {
    for (int i = 0; i < kFailures; ++i) {
      state.Report({.path = std::to_string(i), .analysis = "read", .reason = "test"});
    }
    finished = true;
  });
  int received = 0;
  const ScanSubscriber subscriber = [&](const ScanEvent& event) {
    EXPECT_EQ(std::get<ScanFailure>(event).path, std::to_string(received));
    ++received;
    state.SetResting("the subscriber may call the state: no lock is held");
  };
  while (!finished) {
    state.Deliver(subscriber);
  }
  state.Deliver(subscriber);
  EXPECT_EQ(received, kFailures);
}

}  // namespace
}  // namespace calotype
