#include "app/pins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calotype {
namespace {

using ::testing::HasSubstr;

TEST(PinsTest, ReadsNamesAndVersions) {
  const auto pins = ParsePins(
      "# a==1 --hash=sha256:0\n\na-b==1.2.3 --hash=sha256:12\nc==4\nd>=5 --hash=sha256:1\n"
      "e==6 --hash=sha256:7");
  ASSERT_EQ(pins.size(), 2U) << "a line without a hash is not a pin";
  EXPECT_EQ(pins[0].name, "a-b");
  EXPECT_EQ(pins[0].version, "1.2.3");
  EXPECT_EQ(pins[0].line, "a-b==1.2.3 --hash=sha256:12");
  EXPECT_EQ(pins[1].name, "e");
}

TEST(PinsTest, TheBuiltInPinsHoldTheRuntimeAndItsDependencies) {
  std::string names;
  for (const Pin& pin : ParsePins(kRuntimeCudaPins)) {
    names += pin.name + " ";
    EXPECT_EQ(pin.line.size() - pin.line.find("sha256:"), 71U) << pin.line;
  }
  for (const char* const name : {"onnxruntime-gpu ", "nvidia-cublas ", "nvidia-cuda-runtime ", "nvidia-cudnn-cu13 ",
                                 "nvidia-cufft ", "nvidia-curand ", "nvidia-nvjitlink ", "nvidia-cuda-nvrtc "}) {
    EXPECT_THAT(names, HasSubstr(name));
  }
}

}  // namespace
}  // namespace calotype
