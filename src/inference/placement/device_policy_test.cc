#include "inference/placement/device_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "inference/fake_device_engine.h"
#include "inference/placement/device_option.h"

namespace calotype {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Names = std::vector<std::string>;
const Names kPlugins = {"faulty"};

struct WrongPolicy {
  Names names;
  const char* why;
};

TEST(ParseDevicePolicyTest, RefusesInvalidPolicies) {
  const std::vector<WrongPolicy> cases = {
      {{}, "an empty list"},
      {{"cdua"}, "\"cdua\" is unknown"},
      {{""}, "\"\" is unknown"},
      {{"CDUA"}, "\"CDUA\" is unknown"},
      {{"TensorrtExecutionProvider"}, "\"TensorrtExecutionProvider\" is unknown"},
      {{"0"}, "\"0\" is unknown"},
      {{"cuda:1"}, "CUDA_VISIBLE_DEVICES=1 makes that GPU the first one"},
      {{"cuda", "auto"}, "\"auto\" cannot be combined with others"},
      {{"cpu", "cpu"}, "\"cpu\" is listed twice"},
      {{"cuda", "CUDAExecutionProvider"}, "\"CUDAExecutionProvider\" is listed twice"},
      {{"openvino:cuda"}, "openvino has no cuda; only onnxruntime has"},
      {{"onnxruntime:npu"}, "onnxruntime has no npu; only openvino has"},
      {{"openvino:faulty"}, "openvino has no faulty; only onnxruntime has"},
      {{"openvino:f32:bf16"}, "names two alternatives, f32 and bf16"},
      {{"cpu:"}, "\"\" is unknown"},
  };
  for (const WrongPolicy& row : cases) {
    const auto policy = ParseDevicePolicy("devices.objects", row.names, kPlugins);
    EXPECT_TRUE(absl::IsInvalidArgument(policy.status())) << row.why;
    // The message has the key, the reason and what is allowed.
    EXPECT_THAT(Message(policy.status()),
                AllOf(HasSubstr("devices.objects is ["), HasSubstr(row.why), HasSubstr("\"auto\""),
                      HasSubstr("cpu, cuda, gpu, npu, faulty"), HasSubstr("f32, f16, bf16")));
  }
}

TEST(ParseDevicePolicyTest, ReadsSelectorsInAnyOrderOfParts) {
  EXPECT_TRUE(ParseDevicePolicy("k", Names{"auto"}, kPlugins)->automatic());
  const auto policy = ParseDevicePolicy("k", Names{"faulty", "bf16:openvino", "cpu"}, kPlugins);
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->ToString(), "faulty, bf16:openvino, cpu");
  EXPECT_TRUE(policy->selectors[1].Matches("openvino", "cpu", "bf16"));
  EXPECT_FALSE(policy->selectors[1].Matches("openvino", "cpu", "f32"));
  EXPECT_TRUE(policy->selectors[2].Matches("onnxruntime", "cpu", "f32"));
}

TEST(ParseDevicePolicyTest, AcceptsNamesOfPythonPrograms) {
  const auto policy = ParseDevicePolicy("k", Names{"CUDAExecutionProvider", "GPU:0", "CPUExecutionProvider"}, kPlugins);
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->selectors[0].device, "cuda");
  EXPECT_EQ(policy->selectors[1].device, "gpu");
  EXPECT_EQ(policy->selectors[2].device, "cpu");
  EXPECT_EQ(policy->ToString(), "CUDAExecutionProvider, GPU:0, CPUExecutionProvider");
  EXPECT_EQ(ParseDevicePolicy("k", Names{"cuda:0"}, kPlugins)->selectors[0].device, "cuda");
  EXPECT_EQ(ParseDevicePolicy("k", Names{"OpenVINO:CPU:BF16"}, kPlugins)->selectors[0].precision, "bf16");
  EXPECT_TRUE(ParseDevicePolicy("k", Names{"AUTO"}, kPlugins)->automatic());
  // The name of a plug-in is taken as it is written.
  EXPECT_EQ(ParseDevicePolicy("k", Names{"Mine"}, Names{"Mine"})->selectors[0].device, "Mine");
}

TEST(GroupOptionsTest, HasOneGroupPerSelector) {
  const std::vector<std::shared_ptr<Engine>> engines = {
      std::make_shared<FakeDeviceEngine>("onnxruntime 1.2",
                                         std::vector<FakeDevice>{{.device = "cpu"}, {.device = "cuda"}}),
      std::make_shared<FakeDeviceEngine>("openvino 3", std::vector<FakeDevice>{{.device = "cpu"},
                                                                               {.device = "cpu", .precision = "bf16"},
                                                                               {.device = "gpu", .precision = "f16"}}),
  };
  const std::vector<DeviceOption> options = ListDeviceOptions(engines);
  ASSERT_EQ(options.size(), 5U);
  EXPECT_EQ(options[3].name(), "openvino cpu bf16");
  const auto groups = [&](const Names& names) { return GroupOptions(*ParseDevicePolicy("k", names, {}), options); };
  EXPECT_THAT(groups({"auto"}), ElementsAre(ElementsAre(0, 1, 2, 3, 4)));
  EXPECT_THAT(groups({"cpu"}), ElementsAre(ElementsAre(0, 2, 3)));
  EXPECT_THAT(groups({"gpu", "cpu"}), ElementsAre(ElementsAre(1, 4), ElementsAre(0, 2, 3)));
  EXPECT_THAT(groups({"openvino:bf16", "openvino"}), ElementsAre(ElementsAre(3), ElementsAre(2, 4)));
  EXPECT_THAT(groups({"npu", "cuda"}), ElementsAre(ElementsAre(), ElementsAre(1)));
}

}  // namespace
}  // namespace calotype
