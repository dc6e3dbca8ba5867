#include "inference/placement/loaded_on.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inference/fake_device_engine.h"

namespace calotype {
namespace {

using ::testing::StartsWith;

const Trial kTrial{.milliseconds = 12.3, .agrees = true};

DeviceInfo Device(std::string device) { return {.engine = "e 1", .device = std::move(device), .precision = "f32"}; }

DevicePolicy Policy(const std::vector<std::string>& names) { return *ParseDevicePolicy("devices.default", names, {}); }

TEST(LoadedOnTest, TheLineNamesTheDeviceAndItsTime) {
  EXPECT_EQ(LoadedOn("InsightFace detection", Device("cuda"), kTrial, "ignored"),
            "InsightFace detection loaded on CUDA (GPU mode), 12 ms per run");
  EXPECT_EQ(LoadedOn("CLIP image encoder", Device("gpu"), std::nullopt, ""),
            "CLIP image encoder loaded on GPU (GPU mode)");
  EXPECT_EQ(LoadedOn("YuNet detection", Device("npu"), Trial{.milliseconds = 1.24}, ""),
            "YuNet detection loaded on NPU (NPU mode), 1.2 ms per run");
  EXPECT_EQ(LoadedOn("InsightFace detection", Device("cpu"), kTrial, "why"),
            "InsightFace detection loaded on CPU (CPU mode): why; 12 ms per run");
}

TEST(LoadedOnTest, ASettingThatAllowsOnlyTheCpuIsTheReason) {
  for (const char* const selector : {"cpu", "onnxruntime:cpu", "openvino:cpu"}) {
    EXPECT_EQ(WhyOnCpu(Policy({selector}), "devices.objects", {}, {}).text,
              "devices.objects is " + std::string(selector) + "; auto also allows GPUs");
  }
}

TEST(LoadedOnTest, TheReasonIsThatOfTheGpu) {
  const std::vector<NotUsed> not_used = {{"openvino cpu f32", "slower: 5 ms"},
                                         {"e cuda f32", "out of memory; wait", true}};
  const CpuReason why = WhyOnCpu(Policy({"auto"}), "devices.default", {}, not_used);
  EXPECT_EQ(why.text, "e cuda f32 is not used: out of memory; wait");
  EXPECT_EQ(why.device, &not_used[1]);
}

TEST(LoadedOnTest, AGpuThatTheMachineDoesNotHaveIsNoReason) {
  std::vector<DeviceOption> options(1);
  options[0] = {.engine = std::make_shared<FakeDeviceEngine>("e 1", std::vector<FakeDevice>{}),
                .device = "cuda",
                .precision = "f32",
                .present = false};
  const std::vector<NotUsed> not_used = {{options[0].name(), "no CUDA provider"}};
  const CpuReason why = WhyOnCpu(Policy({"auto"}), "devices.default", options, not_used);
  EXPECT_THAT(why.text, StartsWith("this machine has no GPU"));
  EXPECT_EQ(why.device, nullptr);
}

}  // namespace
}  // namespace calotype
