#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/fake_engine.h"
#include "base/source_dir.h"
#include "base/temporary_folder.h"

namespace calotype {
namespace {

using ::testing::HasSubstr;

class ObjectAnalyserTest : public ::testing::Test {
 protected:
  ObjectAnalyserTest() {
    spec_.name = "centernet";
    spec_.family = "centernet";
    spec_.path = "/models/objects.onnx";
    spec_.folder = folder_->path();
    spec_.params = ModelParams("centernet", {{"input_size", int64_t{64}},
                                             {"score_threshold", 0.4},
                                             {"nms_iou", 0.5},
                                             {"labels", std::string("object_analyser_test.txt")}});
    std::ofstream(spec_.folder / "object_analyser_test.txt") << "person\ncat\n";
    std::ranges::fill(image_.pixels(), uint8_t{90});
  }

  // Analyses a photo; the model returns `row`. The analysed image has half the photo's pixels in each direction.
  Status Analyse(const std::vector<float>& row) {
    ModelCache cache(
        std::make_shared<FakeEngine>(std::map<std::string, FakeModel>{
            {"objects.onnx",
             {.inputs = {},
              .outputs = {},
              .metadata = {},
              .run = [row](std::span<const Tensor>) { return std::vector<Tensor>{FloatTensor({1, 1, 6}, row)}; }}}}),
        SessionOptions{});
    CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Analyser> analyser, CreateObjectAnalyser(spec_, cache));
    return analyser->Analyse({.image = image_, .full_width = 256, .full_height = 128}, findings_);
  }

  const StatusOr<TemporaryFolder> folder_ = TemporaryFolder::Create();
  ModelSpec spec_;
  Image image_{128, 64};
  Findings findings_;
};

TEST_F(ObjectAnalyserTest, FindsObjectsInPixelsOfTheOriginal) {
  // The square has half the pixels of the image, a quarter of the photo's. The box extends over the left edge.
  const Status status = Analyse({-4, 8, 16, 24, 0.9F, 1});
  ASSERT_TRUE(status.ok()) << Message(status);
  ASSERT_EQ(findings_.objects->size(), 1U);
  const ObjectFinding& cat = findings_.objects->front();
  EXPECT_EQ(cat.label, "cat");
  EXPECT_FLOAT_EQ(cat.score, 0.9F);
  EXPECT_FLOAT_EQ(cat.box.x, 0);
  EXPECT_FLOAT_EQ(cat.box.y, 32);
  EXPECT_FLOAT_EQ(cat.box.width, 64);
  EXPECT_FLOAT_EQ(cat.box.height, 64);
}

TEST_F(ObjectAnalyserTest, AnEmptyResultIsStored) {
  ASSERT_TRUE(Analyse({0, 0, 9, 9, 0.1F, 0}).ok());
  ASSERT_TRUE(findings_.objects.has_value());
  EXPECT_TRUE(findings_.objects->empty());
}

TEST_F(ObjectAnalyserTest, DropsABoxOutsideThePhoto) {
  ASSERT_TRUE(Analyse({0, 40, 10, 60, 0.9F, 0}).ok());  // in the black area below the photo
  EXPECT_TRUE(findings_.objects->empty());
}

TEST_F(ObjectAnalyserTest, AClassWithoutALabelIsAnError) {
  const Status status = Analyse({0, 0, 9, 9, 0.9F, 2});
  EXPECT_THAT(Message(status), HasSubstr("class 2"));
  EXPECT_FALSE(findings_.objects.has_value());
}

TEST_F(ObjectAnalyserTest, TheSelfTestComparesLabels) {
  spec_.self_test = SelfTestSpec{};
  spec_.self_test->photo = SourceDir() / "packs/self_test/face_chip.jpg";
  spec_.self_test->expect_labels = {"cat"};
  EXPECT_TRUE(Analyse({0, 0, 30, 30, 0.9F, 1}).ok());
  const Status status = Analyse({0, 0, 30, 30, 0.9F, 0});
  EXPECT_THAT(Message(status), HasSubstr("expected \"cat\", got \"person\""));
}

TEST_F(ObjectAnalyserTest, UnknownFamiliesAreRefused) {
  spec_.family = "yolo";
  EXPECT_THAT(Message(Analyse({})), HasSubstr("\"yolo\""));
}

}  // namespace
}  // namespace calotype
