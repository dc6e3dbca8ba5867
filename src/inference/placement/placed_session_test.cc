#include "inference/placement/placed_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "base/log.h"
#include "inference/fake_device_engine.h"
#include "inference/placement/fake_probe.h"

namespace calotype {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const ModelFile kModel{.name = "m", .task = "objects", .path = "/m.onnx", .hash = "abc"};
const Status kNoKernel =
    absl::InternalError("CUDA error 209: no kernel image is available for execution on the device");

class PlacedSessionTest : public ::testing::Test {
 protected:
  PlacedSessionTest() {
    SetLogSink([this](LogLevel level, std::string_view message) {
      if (level == LogLevel::kWarning) {
        warnings_.emplace_back(message);
      }
    });
  }
  ~PlacedSessionTest() override { SetLogSink({}); }

  void Open(PlacementSettings settings = {}, const std::vector<std::string>& policy = {"cuda", "cpu"}) {
    const std::shared_ptr<Engine> engine = engine_;
    settings.options = ListDeviceOptions(std::span(&engine, 1));
    settings.limit = milliseconds(150);
    settings.default_policy = *ParseDevicePolicy("devices.default", policy, {});
    placement_ = std::make_unique<Placement>(std::move(settings), store_);
    auto session = PlacedSession::Create(kModel, FakeProbe(), *placement_);
    ASSERT_TRUE(session.ok()) << session.status();
    session_ = *std::move(session);
  }

  // Runs the model and expects the right result.
  void Run(int times = 1) {
    for (int i = 0; i < times; ++i) {
      const auto outputs = session_->Run(FakeInput(3));
      ASSERT_TRUE(outputs.ok()) << outputs.status();
      EXPECT_EQ((*outputs)[0].data<float>()[0], 6);
    }
  }

  std::string Device() const { return session_->device().device; }

  std::shared_ptr<FakeDeviceEngine> engine_ = std::make_shared<FakeDeviceEngine>(
      "onnxruntime 1.2", std::vector<FakeDevice>{{.time = microseconds(500)}, {.device = "cuda"}});
  std::atomic<std::chrono::system_clock::time_point> now_{std::chrono::system_clock::now()};
  std::shared_ptr<DeviceStore> store_ = std::make_shared<DeviceStore>("", [this] { return now_.load(); });
  std::unique_ptr<Placement> placement_;
  std::unique_ptr<PlacedSession> session_;
  std::vector<std::string> warnings_;
};

TEST_F(PlacedSessionTest, StaysWhereItWorks) {
  Open();
  Run(5);
  EXPECT_EQ(Device(), "cuda");
  EXPECT_TRUE(session_->trial().has_value());
  EXPECT_THAT(warnings_, SizeIs(0));
}

// How often the probe runs at the load of a model that was measured before.
TEST_F(PlacedSessionTest, OnTheCpuAPassedProbeIsNotRepeated) {
  const auto runs_of_loading = [this](const PlacementSettings& settings, const std::string& policy) {
    Open(settings, {policy});  // measures missing options
    const int before = engine_->runs(policy);
    Open(settings, {policy});
    return engine_->runs(policy) - before;
  };
  EXPECT_GT(runs_of_loading({.measure_all = true}, "cpu"), 0);
  EXPECT_EQ(runs_of_loading({}, "cpu"), 0);
  EXPECT_GT(runs_of_loading({}, "cuda"), 0);
  EXPECT_EQ(runs_of_loading({.threads = 2, .few_runs = true}, "cpu"), 0);  // never measured
}

TEST_F(PlacedSessionTest, AFailedRunIsRepeatedOnTheNextDevice) {
  Open();
  engine_->fake("cuda").fault = [](int, float) -> StatusOr<float> { return kNoKernel; };
  Run(5);
  EXPECT_EQ(Device(), "cpu");
  ASSERT_THAT(warnings_, SizeIs(1));
  EXPECT_THAT(warnings_[0], HasSubstr("model m failed on onnxruntime 1.2 cuda f32: CUDA error 209"));
  ASSERT_THAT(session_->not_used(), SizeIs(1));
  EXPECT_THAT(session_->not_used()[0].reason, HasSubstr("no kernel image"));
}

TEST_F(PlacedSessionTest, NumbersThatAreNotFiniteAreAFailure) {
  Open();
  engine_->fake("cuda").fault = [](int, float) -> StatusOr<float> { return std::numeric_limits<float>::quiet_NaN(); };
  Run();
  EXPECT_EQ(Device(), "cpu");
  EXPECT_THAT(session_->not_used()[0].reason, HasSubstr("not finite"));
}

TEST_F(PlacedSessionTest, AHangingDeviceIsReplaced) {
  Open();
  engine_->fake("cuda").fault = [](int, float) -> StatusOr<float> {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    return 0.0F;
  };
  Run();
  EXPECT_EQ(Device(), "cpu");
  EXPECT_THAT(session_->not_used()[0].reason, HasSubstr("did not return"));
}

TEST_F(PlacedSessionTest, NoDeviceIsBlamedIfAllFail) {
  Open();
  const auto bad = [](int, float first) -> StatusOr<float> {
    return first == 7 ? StatusOr<float>(absl::InvalidArgumentError("shape mismatch")) : 0.0F;
  };
  engine_->fake("cuda").fault = bad;
  engine_->fake("cpu").fault = bad;
  const int loads = engine_->loads("cpu");
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(Message(session_->Run(FakeInput(7)).status()), HasSubstr("shape mismatch"));
  }
  EXPECT_LE(engine_->loads("cpu"), loads + 1);
  Run();
  EXPECT_EQ(Device(), "cuda");
  EXPECT_THAT(warnings_, SizeIs(0));
}

TEST_F(PlacedSessionTest, ADeviceThatFailsToLoadIsSkipped) {
  engine_->fake("cuda").load = absl::InternalError("CUDA error 35");
  Open();
  EXPECT_EQ(Device(), "cpu");
  Run();
}

TEST_F(PlacedSessionTest, ATemporaryFailureIsRetriedLater) {
  Open();
  engine_->fake("cuda").fault = [](int, float) -> StatusOr<float> {
    return absl::ResourceExhaustedError("out of memory");
  };
  Run();
  EXPECT_EQ(Device(), "cpu");
  now_ = now_.load() + DeviceStore::kFirstWait;
  Run();  // still out of memory
  EXPECT_EQ(Device(), "cpu");
  engine_->fake("cuda").fault = nullptr;
  now_ = now_.load() + DeviceStore::kFirstWait;
  Run();  // the wait is twice as long now
  EXPECT_EQ(Device(), "cpu");
  now_ = now_.load() + DeviceStore::kFirstWait;
  Run();
  EXPECT_EQ(Device(), "cuda");
  EXPECT_THAT(warnings_, SizeIs(2));
  EXPECT_THAT(warnings_.back(), HasSubstr("runs on onnxruntime 1.2 cuda"));
}

TEST_F(PlacedSessionTest, NoThreadLosesAResultWhenTheDeviceFails) {
  Open();
  const int before = engine_->runs("cuda");
  engine_->fake("cuda").fault = [before](int run, float) -> StatusOr<float> {
    return run > before + 40 ? StatusOr<float>(kNoKernel) : 0.0F;
  };
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        for (int j = 0; j < 50; ++j) {
          const auto value = static_cast<float>(i * 100 + j);
          const auto outputs = session_->Run(FakeInput(value));
          right += outputs.ok() && (*outputs)[0].data<float>()[0] == 2 * value ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(right, 200);
  EXPECT_EQ(Device(), "cpu");
  EXPECT_THAT(warnings_, SizeIs(1));
}

}  // namespace
}  // namespace calotype
