#include "analysis/model_binding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "analysis/fake_engine.h"

namespace calotype {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ModelBindingTest : public ::testing::Test {
 protected:
  ModelBindingTest() {
    spec_.name = "m";
    spec_.path = "/models/m.onnx";
  }

  ModelSpec spec_;
  ModelCache cache_{std::make_shared<FakeEngine>(std::map<std::string, FakeModel>{{"m.onnx", {}}}), SessionOptions{}};
};

TEST_F(ModelBindingTest, HasADeviceOnceLoaded) {
  ModelBinding binding(spec_, cache_, {});
  EXPECT_EQ(binding.device(), "");
  EXPECT_THAT(binding.version_tag(), StartsWith("m-"));
  ASSERT_TRUE(binding.Get().ok());
  EXPECT_EQ(binding.device(), "fake cpu f32");
}

TEST_F(ModelBindingTest, ReturnsTheErrorOfTheSelfTest) {
  ModelBinding binding(spec_, cache_,
                       {.answer = [](Session&) -> StatusOr<ProbeAnswer> { return ProbeAnswer{}; },
                        .expect = [](const ProbeAnswer&) { return absl::InternalError("expected 1 faces, got 0"); }});
  EXPECT_THAT(Message(binding.Get().status()), HasSubstr("expected 1 faces, got 0"));
  EXPECT_EQ(binding.device(), "");
}

TEST_F(ModelBindingTest, ReturnsTheErrorForAMissingModel) {
  spec_.path = "/models/other.onnx";
  ModelBinding binding(spec_, cache_, {});
  EXPECT_THAT(Message(binding.Get().status()), HasSubstr("no such model: /models/other.onnx"));
}

}  // namespace
}  // namespace calotype
