#include "inference/placement/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/temporary_folder.h"
#include "inference/fake_device_engine.h"
#include "inference/placement/fake_probe.h"
#include "inference/quantise/quantised_file.h"

namespace calotype {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const ModelFile kModel{.name = "m", .task = "objects", .path = "/m.onnx", .hash = "abc"};

class PlacementTest : public ::testing::Test {
 protected:
  // The CPU with two engines, and a fast GPU. The times differ enough for a busy machine, on which a sleep takes
  // milliseconds longer than requested.
  PlacementTest() {
    slow_ = std::make_shared<FakeDeviceEngine>(
        "onnxruntime 1.2",
        std::vector<FakeDevice>{{.time = milliseconds(40)}, {.device = "cuda", .time = milliseconds(1)}});
    fast_ = std::make_shared<FakeDeviceEngine>(
        "openvino 3",
        std::vector<FakeDevice>{{.time = milliseconds(20)},
                                {.device = "cpu", .precision = "bf16", .time = milliseconds(10), .error = 0.01F}});
  }

  void Open(const std::vector<std::string>& policy, bool few_runs = false) {
    const std::vector<std::shared_ptr<Engine>> engines = {slow_, fast_};
    PlacementSettings settings{.options = ListDeviceOptions(engines), .limit = milliseconds(200), .few_runs = few_runs};
    settings.default_policy = *ParseDevicePolicy("devices.default", policy, {});
    placement_ = std::make_unique<Placement>(std::move(settings), store_);
  }

  std::vector<std::string> Places(const ModelProbe& probe = FakeProbe()) {
    const auto plan = placement_->PlanFor(kModel, probe);
    EXPECT_TRUE(plan.ok()) << plan.status();
    std::vector<std::string> names;
    reasons_.clear();
    if (plan.ok()) {
      for (const DeviceSlot& slot : plan->slots) {
        names.push_back(slot.option.name());
      }
      for (const NotUsed& device : plan->not_used) {
        reasons_[device.device] = device.reason;
      }
    }
    return names;
  }

  std::shared_ptr<FakeDeviceEngine> slow_;
  std::shared_ptr<FakeDeviceEngine> fast_;
  std::shared_ptr<DeviceStore> store_ = std::make_shared<DeviceStore>("");
  std::unique_ptr<Placement> placement_;
  std::map<std::string, std::string> reasons_;
};

TEST_F(PlacementTest, AStopTakesEffectBetweenTrialsAndKeepsResults) {
  Open({"auto"});
  std::stop_source stop;
  const ModelProbe probe = FakeProbe();
  ModelProbe stopping = probe;
  stopping.answer = [&](Session& session) {
    stop.request_stop();
    return probe.answer(session);
  };
  EXPECT_TRUE(absl::IsCancelled(placement_->PlanFor(kModel, stopping, stop.get_token()).status()));
  EXPECT_EQ(slow_->loads("cpu"), 1);
  EXPECT_EQ(fast_->loads("cpu"), 0);
  EXPECT_TRUE(placement_->NeedsMeasuring(kModel, probe));
  EXPECT_TRUE(placement_->FindTrial(kModel, placement_->settings().options.front()).has_value());
  EXPECT_FALSE(Places().empty());
  EXPECT_FALSE(placement_->NeedsMeasuring(kModel, probe));
}

TEST_F(PlacementTest, AutoTakesTheFastestThatAgrees) {
  Open({"auto"});
  EXPECT_THAT(Places(),
              ElementsAre("onnxruntime cuda f32", "openvino cpu bf16", "openvino cpu f32", "onnxruntime cpu f32"));
  EXPECT_THAT(reasons_["onnxruntime cpu f32"], HasSubstr("slower"));
}

TEST_F(PlacementTest, AFastDeviceThatDisagreesIsNotChosen) {
  slow_->fake("cuda").error = 0.5F;
  Open({"auto"});
  EXPECT_THAT(Places(), ElementsAre("openvino cpu bf16", "openvino cpu f32", "onnxruntime cpu f32"));
  EXPECT_THAT(reasons_["onnxruntime cuda f32"], AllOf(HasSubstr("disagrees with fp32: cosine 0.9"), HasSubstr(" ms")));
}

TEST_F(PlacementTest, ADeviceThatIsSometimesWrongIsNotChosen) {
  slow_->fake("cuda").fault = [](int run, float) -> StatusOr<float> { return run % 3 == 0 ? 0.5F : 0.0F; };
  Open({"auto"});
  EXPECT_EQ(Places().front(), "openvino cpu bf16");
}

TEST_F(PlacementTest, TheReferenceStaysUnlessAnotherIsClearlyFaster) {
  slow_->fake("cpu").time = milliseconds(20);
  fast_->fake("cpu", "bf16").usable = absl::FailedPreconditionError("no AVX-512");
  slow_->fake("cuda").usable = absl::FailedPreconditionError("no driver; install one");
  Open({"auto"});
  EXPECT_EQ(Places().front(), "onnxruntime cpu f32");
  EXPECT_EQ(reasons_["onnxruntime cuda f32"], "no driver; install one");
  EXPECT_EQ(slow_->loads("cuda"), 0);
}

// Models of another engine do not share memory with those of the reference's engine.
TEST_F(PlacementTest, AnotherEngineMustSaveFifteenPercent) {
  slow_->fake("cuda").usable = absl::FailedPreconditionError("no driver; install one");
  fast_->fake("cpu", "bf16").usable = absl::FailedPreconditionError("no AVX-512");
  fast_->fake("cpu").time = milliseconds(35);  // of 40
  Open({"auto"});
  EXPECT_EQ(Places().front(), "onnxruntime cpu f32");
  EXPECT_THAT(reasons_["openvino cpu f32"], HasSubstr("faster, but by too little to change devices"));
  fast_->fake("cpu").time = milliseconds(32);
  store_ = std::make_shared<DeviceStore>("");
  Open({"auto"});
  EXPECT_EQ(Places().front(), "openvino cpu f32");
}

TEST_F(PlacementTest, CloseResultsAreMeasuredAgain) {
  slow_->fake("cuda").usable = absl::FailedPreconditionError("no driver; install one");
  fast_->fake("cpu", "bf16").usable = absl::FailedPreconditionError("no AVX-512");
  for (const auto& [time, loads] : {std::pair(36, 2), std::pair(16, 1), std::pair(80, 1)}) {  // of 40
    fast_->fake("cpu").time = milliseconds(time);
    const int before = fast_->loads("cpu");
    store_ = std::make_shared<DeviceStore>("");
    Open({"auto"});
    Places();
    EXPECT_EQ(fast_->loads("cpu") - before, loads) << time;
  }
}

TEST_F(PlacementTest, MeasuresOnceAndKeepsTheResult) {
  Open({"auto"});
  EXPECT_TRUE(placement_->NeedsMeasuring(kModel, FakeProbe()));
  Places();
  EXPECT_FALSE(placement_->NeedsMeasuring(kModel, FakeProbe()));
  const int loads = slow_->loads("cpu");
  Open({"auto"});
  Places();
  EXPECT_EQ(slow_->loads("cpu"), loads);
  ModelFile other = kModel;
  other.hash = "def";
  EXPECT_TRUE(placement_->NeedsMeasuring(other, FakeProbe()));
}

TEST_F(PlacementTest, ForFewRunsNothingIsMeasured) {
  Open({"auto"}, true);
  EXPECT_THAT(Places(), ElementsAre("onnxruntime cpu f32"));
  EXPECT_EQ(slow_->loads("cpu") + fast_->loads("cpu") + slow_->loads("cuda"), 0);
  Open({"cuda", "cpu"}, true);
  EXPECT_EQ(Places().front(), "onnxruntime cuda f32");
}

TEST_F(PlacementTest, PoliciesAreObeyed) {
  Open({"cpu"});
  EXPECT_THAT(Places(), ElementsAre("openvino cpu bf16", "openvino cpu f32", "onnxruntime cpu f32"));
  EXPECT_EQ(slow_->loads("cuda"), 0);
  Open({"openvino:f32"});
  EXPECT_THAT(Places(), ElementsAre("openvino cpu f32"));
  Open({"onnxruntime:cpu"});
  EXPECT_THAT(Places(), ElementsAre("onnxruntime cpu f32"));
  slow_->fake("cuda").usable = absl::FailedPreconditionError("no driver");
  Open({"cuda", "cpu"});
  EXPECT_EQ(Places().front(), "openvino cpu bf16");
  EXPECT_EQ(reasons_["onnxruntime cuda f32"], "no driver");
}

TEST_F(PlacementTest, ASingleOptionIsObeyedEvenWhenItDisagrees) {
  fast_->fake("cpu", "bf16").error = 0.5F;
  Open({"openvino:bf16"});
  EXPECT_THAT(Places(), ElementsAre("openvino cpu bf16"));
}

TEST_F(PlacementTest, AFailedDeviceIsNotUsedForAWhile) {
  slow_->fake("cuda").load = absl::InternalError("CUDA error 209");
  Open({"auto"});
  EXPECT_EQ(Places().front(), "openvino cpu bf16");
  EXPECT_THAT(reasons_["onnxruntime cuda f32"], AllOf(HasSubstr("CUDA error 209"), HasSubstr("next attempt after")));
  const int loads = slow_->loads("cuda");
  Places();
  EXPECT_EQ(slow_->loads("cuda"), loads);
}

TEST_F(PlacementTest, ADeviceThatEndsTheProcessTwiceIsNotTried) {
  const StatusOr<TemporaryFolder> folder = TemporaryFolder::Create();
  ASSERT_TRUE(folder.ok());
  auto now = std::chrono::system_clock::now();
  const auto start = [&] {
    store_ = std::make_shared<DeviceStore>(folder->path() / "devices.json", [&now] { return now; });
    Open({"auto"});
  };
  const auto start_and_place = [&] {
    start();
    Places();
  };
  fast_->fake("cpu", "bf16").fault = [](int, float) -> StatusOr<float> { _exit(3); };
  // A GPU is measured in a separate thread, which TSan does not allow after a fork.
  slow_->fake("cuda").usable = absl::FailedPreconditionError("no driver; install one");
  EXPECT_EXIT(start_and_place(), testing::ExitedWithCode(3), "");
  EXPECT_EXIT(start_and_place(), testing::ExitedWithCode(3), "");
  start();
  EXPECT_THAT(Places(), ElementsAre("openvino cpu f32", "onnxruntime cpu f32"));
  EXPECT_THAT(reasons_["openvino cpu bf16"], HasSubstr("the program ended 2 times"));
  // A device on which one model's trial ended the process may do the same to another's.
  ModelFile other = kModel;
  other.hash = "def";
  EXPECT_TRUE(placement_->PlanFor(other, FakeProbe()).ok());
  now += DeviceStore::kLastWait + std::chrono::seconds(1);
  EXPECT_EXIT(start_and_place(), testing::ExitedWithCode(3), "");
  start();
  EXPECT_EQ(Places().size(), 2U);
}

TEST_F(PlacementTest, AHangingRunIsAbandoned) {
  slow_->fake("cuda").fault = [](int, float) -> StatusOr<float> {
    std::this_thread::sleep_for(std::chrono::seconds(2));
    return 0.0F;
  };
  Open({"auto"});
  EXPECT_EQ(Places().front(), "openvino cpu bf16");
  EXPECT_THAT(reasons_["onnxruntime cuda f32"], HasSubstr("did not return within 200 ms"));
}

TEST_F(PlacementTest, AnErrorNamesEveryReasonIfNoDeviceWorks) {
  slow_->fake("cuda").usable = absl::FailedPreconditionError("no driver");
  Open({"cuda", "npu"});
  const auto plan = placement_->PlanFor(kModel, FakeProbe());
  EXPECT_THAT(Message(plan.status()), AllOf(HasSubstr("model m is limited to cuda, npu (devices.default)"),
                                            HasSubstr("no driver"), HasSubstr("npu: this machine has no such device")));
}

TEST_F(PlacementTest, WithoutAProbeTheReferenceIsUsed) {
  Open({"auto"});
  EXPECT_THAT(Places({}), ElementsAre("onnxruntime cpu f32"));
  EXPECT_THAT(reasons_["openvino cpu f32"], HasSubstr("no self-test"));
  EXPECT_EQ(slow_->loads("cpu"), 0);
  Open({"openvino:f32"});
  EXPECT_THAT(Places({}), ElementsAre("openvino cpu f32"));
}

TEST_F(PlacementTest, TheLastResortIsTriedEvenAfterAFailure) {
  Open({"openvino:f32"});
  fast_->fake("cpu").load = absl::InternalError("out of luck");
  EXPECT_THAT(Places(), ElementsAre("openvino cpu f32"));
}

// A model file and a folder for its int8 form.
class Int8PlacementTest : public PlacementTest {
 protected:
  void SetUp() override {
    StatusOr<TemporaryFolder> folder = TemporaryFolder::Create();
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder_.emplace(*std::move(folder));
    model_ = {.name = "m", .task = "objects", .path = folder_->path() / "m.onnx", .hash = "abc"};
    Write(model_.path, "float");
    cpu_ = std::make_shared<FakeDeviceEngine>(
        "onnxruntime 1.2",
        std::vector<FakeDevice>{{.time = milliseconds(20)},
                                {.device = "cpu", .precision = "int8", .time = milliseconds(5), .error = 0.01F}});
  }

  static void Write(const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; }
  void MakeForm(const std::string& text) const {
    Write(*QuantisedFile(folder_->path(), model_.path, model_.hash), text);
  }

  Plan PlanUnder(const std::vector<std::string>& policy) {
    PlacementSettings settings{.options = ListDeviceOptions(std::vector<std::shared_ptr<Engine>>{cpu_}),
                               .quantised = folder_->path()};
    settings.default_policy = *ParseDevicePolicy("devices.default", policy, {});
    Placement placement(std::move(settings), store_);
    const auto plan = placement.PlanFor(model_, FakeProbe());
    status_ = plan.status();
    return plan.ok() ? *plan : Plan{};
  }

  std::optional<TemporaryFolder> folder_;
  ModelFile model_;
  std::shared_ptr<FakeDeviceEngine> cpu_;
  Status status_;
};

TEST_F(Int8PlacementTest, IsOfferedOnceTheFileExists) {
  Plan plan = PlanUnder({"auto"});
  ASSERT_EQ(plan.slots.size(), 1U);
  EXPECT_TRUE(plan.not_used.empty());
  MakeForm("int8");
  plan = PlanUnder({"auto"});
  ASSERT_EQ(plan.slots.size(), 2U);
  EXPECT_EQ(plan.slots[0].option.name(), "onnxruntime cpu int8");
  EXPECT_EQ(PlanUnder({"cpu:f32"}).slots[0].option.precision, "f32");
  // The model file is replaced.
  Write(model_.path, "other float");
  EXPECT_EQ(PlanUnder({"auto"}).slots.size(), 1U);
}

TEST_F(Int8PlacementTest, AFormThatDisagreesIsNotUsedUntilItIsReplaced) {
  cpu_->fake("cpu", "int8").error = 1;
  MakeForm("int8");
  Plan plan = PlanUnder({"auto"});
  ASSERT_EQ(plan.slots.size(), 1U);
  ASSERT_EQ(plan.not_used.size(), 1U);
  EXPECT_THAT(plan.not_used[0].reason, HasSubstr("disagrees with fp32"));
  cpu_->fake("cpu", "int8").error = 0;
  EXPECT_EQ(PlanUnder({"auto"}).slots.size(), 1U);  // as measured
  MakeForm("better int8");
  EXPECT_EQ(PlanUnder({"auto"}).slots[0].option.precision, "int8");
}

TEST_F(Int8PlacementTest, IfNamedInThePolicyAMissingFormIsReported) {
  EXPECT_TRUE(PlanUnder({"cpu:int8"}).slots.empty());
  EXPECT_TRUE(absl::IsFailedPrecondition(status_));
  EXPECT_THAT(Message(status_), AllOf(HasSubstr("onnxruntime cpu int8: there is no int8 form of this model"),
                                      HasSubstr("calotype models quantise objects")));
  const Plan plan = PlanUnder({"cpu:int8", "cpu:f32"});
  EXPECT_EQ(plan.slots[0].option.precision, "f32");
  ASSERT_EQ(plan.not_used.size(), 1U);
  EXPECT_TRUE(plan.not_used[0].news);
  MakeForm("int8");
  EXPECT_EQ(PlanUnder({"cpu:int8"}).slots[0].option.precision, "int8");
}

}  // namespace
}  // namespace calotype
