#include "inference/quantise/recording_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "inference/fake_device_engine.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;

class RecordingEngineTest : public ::testing::Test {
 protected:
  void Open(const RecordingLimits& limits) {
    engine_ = std::make_unique<RecordingEngine>(
        std::make_shared<FakeDeviceEngine>("onnxruntime 1.2", std::vector<FakeDevice>{{.device = "cpu"}}), limits);
    session_ = *engine_->Load("/m.onnx", {});
  }

  void Photo(const std::vector<float>& values) {
    engine_->BeginPhoto();
    for (const float value : values) {
      const std::vector<Tensor> inputs = FakeInput(value);
      const auto outputs = session_->Run(inputs);
      ASSERT_TRUE(outputs.ok());
      EXPECT_EQ((*outputs)[0].data<float>()[0], 2 * value);
    }
  }

  std::vector<float> Taken() {
    std::vector<float> values;
    for (const RunInputs& inputs : engine_->Take("/m.onnx")) {
      values.push_back(inputs[0].data<float>()[0]);
    }
    return values;
  }

  std::unique_ptr<RecordingEngine> engine_;
  std::unique_ptr<Session> session_;
};

TEST_F(RecordingEngineTest, ReturnsRecordedInputsOnce) {
  Open({});
  ASSERT_TRUE(session_->Run(FakeInput(7)).ok());  // before the first photo: a self-test
  Photo({1, 2});
  Photo({3});
  EXPECT_THAT(Taken(), ElementsAre(1, 2, 3));
  EXPECT_THAT(Taken(), ElementsAre());
  EXPECT_TRUE(engine_->Take("/other.onnx").empty());
}

TEST_F(RecordingEngineTest, LimitsTheRunsOfOnePhoto) {
  Open({.runs = 4, .runs_of_photo = 2});
  Photo({1, 2, 3});
  Photo({4});
  Photo({5, 6});
  EXPECT_THAT(Taken(), ElementsAre(1, 2, 4, 5));
}

TEST_F(RecordingEngineTest, MemoryIsBoundedButOneRunIsKept) {
  Open({.bytes = 2 * sizeof(float)});
  Photo({1, 2, 3});
  EXPECT_THAT(Taken(), ElementsAre(1, 2));
  Open({.bytes = 1});
  Photo({1, 2});
  EXPECT_THAT(Taken(), ElementsAre(1));
}

TEST_F(RecordingEngineTest, KeepsItsOwnCopies) {
  Open({});
  engine_->BeginPhoto();
  std::vector<Tensor> inputs = FakeInput(1);
  ASSERT_TRUE(session_->Run(inputs).ok());
  inputs[0].data<float>()[0] = 5;
  EXPECT_THAT(Taken(), ElementsAre(1));
}

}  // namespace
}  // namespace calotype
