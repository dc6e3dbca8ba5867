#include "inference/placement/device_store.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>
#include <vector>

#include "base/temporary_folder.h"

namespace calotype {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using Time = std::chrono::system_clock::time_point;

class DeviceStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = TemporaryFolder::Create();
    ASSERT_TRUE(folder.ok());
    folder_.emplace(*std::move(folder));
  }
  std::filesystem::path file() const { return folder_->path() / "sub" / "devices.json"; }
  DeviceStore Open() {
    return DeviceStore(file(), [this] { return now_; });
  }

  std::optional<TemporaryFolder> folder_;
  Time now_ = Time(hours(480'000));
};

TEST_F(DeviceStoreTest, KeepsTrialsAndFailuresBetweenRuns) {
  {
    DeviceStore store = Open();
    store.PutTrial("m on a", {.milliseconds = 1.5, .agrees = true, .figure = "cosine 0.9997"});
    store.PutFailure("m on b", "CUDA error 209 \xff", false);
    store.PutPlacement("m", {.task = "objects",
                             .device = {.engine = "openvino 3", .device = "cpu", .precision = "bf16"},
                             .trial = Trial{.milliseconds = 2, .agrees = true, .figure = "texts equal"},
                             .not_used = {{.device = "onnxruntime cuda f32", .reason = "no driver"}}});
  }
  DeviceStore store = Open();
  const auto trial = store.FindTrial("m on a");
  ASSERT_TRUE(trial.has_value());
  EXPECT_EQ(trial->milliseconds, 1.5);
  EXPECT_TRUE(trial->agrees);
  EXPECT_EQ(trial->figure, "cosine 0.9997");
  const auto failure = store.FindFailure("m on b");
  ASSERT_TRUE(failure.has_value());
  EXPECT_THAT(failure->reason, testing::StartsWith("CUDA error 209"));
  EXPECT_EQ(failure->next_try - now_, DeviceStore::kLastWait);
  EXPECT_FALSE(store.FindTrial("m on b").has_value());
  const PlacementRecord placed = store.Placements().at("m");
  EXPECT_EQ(placed.task, "objects");
  EXPECT_EQ(placed.device.ToString(), "openvino 3 cpu bf16");
  EXPECT_EQ(placed.trial->figure, "texts equal");
  ASSERT_EQ(placed.not_used.size(), 1U);
  EXPECT_EQ(placed.not_used[0].reason, "no driver");
  store.Clear();
  EXPECT_FALSE(Open().FindTrial("m on a").has_value());
}

TEST_F(DeviceStoreTest, WaitsLongerAfterEachConsecutiveFailure) {
  DeviceStore store = Open();
  std::vector<int64_t> waits;
  for (int i = 0; i < 4; ++i) {
    const Time next = store.PutFailure("k", "out of memory", true);
    waits.push_back(std::chrono::duration_cast<seconds>(next - now_).count());
    EXPECT_TRUE(store.FindFailure("k").has_value());
    now_ = next;
    EXPECT_FALSE(store.FindFailure("k").has_value());
  }
  EXPECT_EQ(waits, (std::vector<int64_t>{60, 120, 240, 480}));
  for (int i = 0; i < 40; ++i) {
    store.PutFailure("k", "out of memory", true);
  }
  EXPECT_EQ(store.FindFailure("k")->next_try - now_, DeviceStore::kLastWait);
  store.ForgetFailure("k");
  EXPECT_EQ(store.PutFailure("k", "out of memory", true) - now_, seconds(60));
}

TEST_F(DeviceStoreTest, CountsTrialsThatEndedTheProcess) {
  const auto begin_and_die = [this] {
    DeviceStore store = Open();
    store.BeginTrial("ended");
    store.EndTrial("ended");
    store.BeginTrial("a");
    _exit(3);
  };
  EXPECT_EXIT(begin_and_die(), testing::ExitedWithCode(3), "");
  EXPECT_EXIT(begin_and_die(), testing::ExitedWithCode(3), "");
  DeviceStore store = Open();
  EXPECT_EQ(store.BeginTrial("ended"), 0);
  EXPECT_EQ(store.BeginTrial("a"), 2);
  // This process is running: its trial is not counted, and another process must not end it.
  EXPECT_EQ(Open().BeginTrial("a"), 2);
  store.EndTrial("a");
  EXPECT_EQ(Open().BeginTrial("a"), 2);
  Open().PutUnfinished("a", 1);
  EXPECT_EQ(Open().BeginTrial("a"), 1);
}

TEST_F(DeviceStoreTest, SeveralWritersLoseNothing) {
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([this, i] {
        DeviceStore own(file());
        for (int j = 0; j < 5; ++j) {
          own.PutTrial(fmt::format("{} {}", i, j), {.milliseconds = 1, .agrees = true, .figure = ""});
        }
      });
    }
  }
  const DeviceStore store = Open();
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(store.FindTrial(fmt::format("{} {}", i / 5, i % 5)).has_value()) << i;
  }
}

TEST_F(DeviceStoreTest, ADamagedFileIsReplaced) {
  std::filesystem::create_directories(file().parent_path());
  for (const char* const text :
       {"{\"format\":1,", "[]", "{\"format\":1,\"trials\":{\"a\":{\"ms\":\"x\"}}}", "{\"format\":9}"}) {
    std::ofstream(file()) << text;
    DeviceStore store = Open();
    EXPECT_FALSE(store.FindTrial("a").has_value()) << text;
    store.PutTrial("a", {});
    EXPECT_TRUE(Open().FindTrial("a").has_value()) << text;
  }
}

TEST_F(DeviceStoreTest, WorksWithoutAWritableFile) {
  DeviceStore store("/proc/nowhere/devices.json");
  store.PutTrial("a", {.milliseconds = 2, .agrees = true, .figure = ""});
  EXPECT_TRUE(store.FindTrial("a").has_value());
}

}  // namespace
}  // namespace calotype
