#include "analysis/model_binding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

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

TEST_F(ModelBindingTest, KnowsItsDeviceOnceItIsLoaded) {
  ModelBinding binding(spec_, cache_, nullptr);
  EXPECT_EQ(binding.device(), "");
  EXPECT_THAT(binding.version_tag(), StartsWith("m-"));
  ASSERT_TRUE(binding.Get().ok());
  EXPECT_EQ(binding.device(), "fake cpu f32");
}

TEST_F(ModelBindingTest, TestsOnceHoweverManyAsk) {
  std::atomic<int> tests = 0;
  ModelBinding binding(spec_, cache_, [&](Session&) {
    ++tests;
    return absl::OkStatus();
  });
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] { EXPECT_TRUE(binding.Get().ok()); });
    }
  }
  EXPECT_EQ(tests, 1);
}

TEST_F(ModelBindingTest, AFailedSelfTestIsTheAnswer) {
  ModelBinding binding(spec_, cache_, [](Session&) { return absl::InternalError("expected 1 faces, got 0"); });
  EXPECT_THAT(Message(binding.Get().status()), HasSubstr("expected 1 faces, got 0"));
  EXPECT_EQ(binding.device(), "");
}

TEST_F(ModelBindingTest, AMissingModelIsTheAnswer) {
  spec_.path = "/models/other.onnx";
  ModelBinding binding(spec_, cache_, nullptr);
  EXPECT_TRUE(absl::IsNotFound(binding.Get().status()));
}

}  // namespace
}  // namespace calotype
