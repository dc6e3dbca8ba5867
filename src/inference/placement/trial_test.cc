#include "inference/placement/trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
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

// A detector whose boxes differ while the lines that are read in them do not.
TEST(RunTrialTest, ComparesFindingsIfTheProbeHasSome) {
  const auto engine = std::make_shared<FakeDeviceEngine>("fake 1", std::vector<FakeDevice>{{.device = "cpu"}});
  const auto session =
      LoadOn(ListDeviceOptions(std::vector<std::shared_ptr<Engine>>({engine})).front(), "model", {}, milliseconds(0));
  ASSERT_TRUE(session.ok());
  std::string line = "EXIT";
  std::string line_when_saved = "EX1T";
  int answers = 0;
  const ModelProbe probe = {
      .answer = [&](Session&) -> StatusOr<ProbeAnswer> { return ProbeAnswer{.texts = {std::to_string(++answers)}}; },
      .expect = nullptr,
      .findings = [&](Session&, ProbePhotos photos) -> StatusOr<ProbeAnswer> {
        return ProbeAnswer{.lines = {{.text = photos == ProbePhotos::kSavedAgain ? line_when_saved : line,
                                      .box = {.x = 0, .y = 0, .width = 9, .height = 9}}}};
      }};
  ReferenceAnswer reference;
  ASSERT_TRUE(RunTrial(**session, probe, false, 1e9, nullptr, &reference).ok());
  ASSERT_THAT(reference.findings.lines, testing::SizeIs(1));
  EXPECT_EQ(reference.findings.lines.front().text, "EXIT");
  ASSERT_TRUE(reference.saved_again.has_value());
  EXPECT_EQ(reference.saved_again->lines.front().text, "EX1T");

  StatusOr<Trial> trial = RunTrial(**session, probe, false, 1e9, &reference, nullptr);
  ASSERT_TRUE(trial.ok());
  EXPECT_TRUE(trial->agrees);
  EXPECT_EQ(trial->figure, "1 of 1 lines the same");
  line = "EXlT";
  trial = RunTrial(**session, probe, false, 1e9, &reference, nullptr);
  ASSERT_TRUE(trial.ok());
  EXPECT_TRUE(trial->agrees) << "as much as saving the photo changes";
  line = "gone";
  trial = RunTrial(**session, probe, false, 1e9, &reference, nullptr);
  ASSERT_TRUE(trial.ok());
  EXPECT_FALSE(trial->agrees);
  EXPECT_EQ(trial->figure, "0 of 1 lines the same: 4 changes, 1 by saving as JPEG");
}

}  // namespace
}  // namespace calotype
