#include "inference/placement/trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "inference/fake_device_engine.h"

namespace calotype {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kCallers = 8;

// The results of many simultaneous calls.
std::vector<Status> RunAtOnce(Session& session) {
  std::vector<Status> answers(kCallers);
  std::vector<std::jthread> callers;
  for (Status& answer : answers) {
    callers.emplace_back([&session, &answer] { answer = session.Run(FakeInput(1)).status(); });
  }
  callers.clear();
  return answers;
}

std::unique_ptr<Session> Load(FakeDevice device, milliseconds limit) {
  const auto engine = std::make_shared<FakeDeviceEngine>("fake 1", std::vector<FakeDevice>{std::move(device)});
  const DeviceOption option = ListDeviceOptions(std::vector<std::shared_ptr<Engine>>({engine})).front();
  auto session = LoadOn(option, "model", {}, limit);
  EXPECT_TRUE(session.ok()) << session.status();
  return *std::move(session);
}

TEST(LoadOnTest, AGpuExecutesTwoRunsAtATime) {
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  const auto run = [&](int, float) -> StatusOr<float> {
    const int now = ++running;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    std::this_thread::sleep_for(milliseconds(5));
    --running;
    return 0;
  };
  for (const auto& [device, expected] : {std::pair("cuda", 2), std::pair("cpu", kCallers)}) {
    most = 0;
    const auto session = Load({.device = device, .fault = run}, std::chrono::minutes(1));
    for (const Status& answer : RunAtOnce(*session)) {
      EXPECT_TRUE(answer.ok()) << answer;
    }
    EXPECT_LE(most, expected) << device;
    EXPECT_GT(most, 1) << device;
  }
}

TEST(LoadOnTest, CallsThatWaitForAHangingDeviceDoNotTryIt) {
  // Owned also by the threads that are left running.
  const auto runs = std::make_shared<std::atomic<int>>(0);
  const auto end = std::make_shared<std::atomic<bool>>(false);
  const auto hang = [runs, end](int, float) -> StatusOr<float> {
    ++*runs;
    end->wait(false);
    return 0;
  };
  const auto session = Load({.device = "cuda", .fault = hang}, milliseconds(200));
  const auto start = steady_clock::now();
  for (const Status& answer : RunAtOnce(*session)) {
    EXPECT_TRUE(absl::IsDeadlineExceeded(answer)) << answer;
  }
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_EQ(*runs, 2);
  *end = true;
  end->notify_all();
}

// An engine that cannot end a run: the call returns, and later ones do not wait.
TEST(LoadOnTest, ARunOnTheCpuThatHangsIsGivenUp) {
  const auto until = std::make_shared<std::atomic<bool>>(false);
  const auto engine = std::make_shared<FakeDeviceEngine>(
      "fake 1", std::vector<FakeDevice>{{.device = "cpu", .fault = [until](int, float) -> StatusOr<float> {
                                           while (!*until) {
                                             std::this_thread::sleep_for(milliseconds(1));
                                           }
                                           return 0;
                                         }}});
  const DeviceOption option = ListDeviceOptions(std::vector<std::shared_ptr<Engine>>({engine})).front();
  const auto session = LoadOn(option, "model", {.run_limit = milliseconds(50)}, std::chrono::minutes(1));
  ASSERT_TRUE(session.ok());
  const Status first = (*session)->Run(FakeInput(1)).status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(first));
  EXPECT_EQ(Message(first), "a run on the CPU (inference.cpu_timeout_s) did not return within 50 ms");
  EXPECT_EQ((*session)->Run(FakeInput(1)).status(), first);
  *until = true;
}

}  // namespace
}  // namespace calotype
