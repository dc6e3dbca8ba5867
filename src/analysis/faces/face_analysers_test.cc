#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/faces/face_chip.h"
#include "analysis/fake_engine.h"
#include "base/source_dir.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Answer = std::function<StatusOr<std::vector<Tensor>>(std::span<const Tensor>)>;

std::shared_ptr<Engine> EngineThat(Answer answer) {
  return std::make_shared<FakeEngine>(
      std::map<std::string, FakeModel>{{"faces.onnx",
                                        {.inputs = {{"input", ElementType::kFloat32, {-1, 3, -1, -1}}},
                                         .outputs = {},
                                         .metadata = {},
                                         .run = std::move(answer)}}});
}

ModelSpec BlazeFaceSpec() {
  ModelSpec spec;
  spec.name = "blazeface";
  spec.family = "blazeface";
  spec.path = "/models/faces.onnx";
  spec.params = ModelParams("blazeface", {{"input_size", int64_t{64}}, {"score_threshold", 0.7}, {"nms_iou", 0.3}});
  return spec;
}

Tensor Filled(std::vector<int64_t> shape, float value) {
  Tensor tensor(ElementType::kFloat32, std::move(shape));
  std::ranges::fill(tensor.data<float>(), value);
  return tensor;
}

// Two proposals for one face near (24, 8) of the square, and nothing else.
StatusOr<std::vector<Tensor>> OneFaceTwice(std::span<const Tensor> /*inputs*/) {
  std::vector<Tensor> outputs{Filled({1, 32, 1}, -10), Filled({1, 32, 16}, 0), Filled({1, 24, 16}, 0),
                              Filled({1, 24, 1}, -10)};
  for (const std::size_t anchor : {2U, 3U}) {
    outputs[0].data<float>()[anchor] = 3.0F + static_cast<float>(anchor);
    std::ranges::copy(std::vector<float>{0, 0, 16, 12, -4, -2, 4, -2, 0, 1, 0, 4, 0, 0, 0, 0},
                      outputs[1].data<float>().begin() + static_cast<std::ptrdiff_t>(anchor * 16));
  }
  return outputs;
}

Image Grey(int width, int height) {
  Image image(width, height);
  std::ranges::fill(image.pixels(), uint8_t{127});
  return image;
}

TEST(FaceDetectorTest, ReturnsAFaceOnceInPixelsOfTheOriginal) {
  ModelCache cache(EngineThat(OneFaceTwice), SessionOptions{});
  const auto analyser = CreateFaceDetector(BlazeFaceSpec(), cache);
  ASSERT_TRUE(analyser.ok()) << Message(analyser.status());
  const Image image = Grey(128, 64);
  Findings findings;
  const Status status = (*analyser)->Analyse({.image = image, .full_width = 512, .full_height = 256}, findings);
  ASSERT_TRUE(status.ok()) << Message(status);
  ASSERT_EQ(findings.faces->size(), 1U);
  const FaceFinding& face = findings.faces->front();
  EXPECT_NEAR(face.score, 1 / (1 + std::exp(-6.0)), 1e-5);
  EXPECT_FLOAT_EQ(face.box.x, 128);
  EXPECT_FLOAT_EQ(face.box.y, 16);
  EXPECT_FLOAT_EQ(face.box.width, 128);
  EXPECT_FLOAT_EQ(face.box.height, 96);
  EXPECT_FLOAT_EQ(face.landmarks[0].x, 160);
  EXPECT_FLOAT_EQ(face.landmarks[0].y, 48);
  EXPECT_TRUE(face.embedding.empty());
}

TEST(FaceDetectorTest, SelfTestCountsFaces) {
  ModelSpec spec = BlazeFaceSpec();
  spec.self_test = SelfTestSpec{};
  spec.self_test->photo = SourceDir() / "packs/self_test/face_chip.jpg";
  spec.self_test->expect_faces = 2;
  ModelCache cache(EngineThat(OneFaceTwice), SessionOptions{});
  const auto analyser = CreateFaceDetector(spec, cache);
  ASSERT_TRUE(analyser.ok());
  const Image image = Grey(64, 64);
  Findings findings;
  const Status status = (*analyser)->Analyse({.image = image, .full_width = 64, .full_height = 64}, findings);
  EXPECT_THAT(Message(status), HasSubstr("expected 2 faces, got 1"));
  EXPECT_FALSE(findings.faces.has_value());
}

TEST(FaceDetectorTest, RefusesUnknownFamiliesAndParameters) {
  ModelCache cache(EngineThat(OneFaceTwice), SessionOptions{});
  ModelSpec spec = BlazeFaceSpec();
  spec.family = "haar";
  EXPECT_THAT(Message(CreateFaceDetector(spec, cache).status()), HasSubstr("\"haar\""));
  spec.family = "scrfd";
  spec.params = ModelParams("scrfd", {{"std", int64_t{0}}});
  EXPECT_THAT(Message(CreateFaceDetector(spec, cache).status()), HasSubstr("std is 0"));
  spec.family = "blazeface";
  spec.params = ModelParams("blazeface", {{"input_size", int64_t{100}}, {"score_threshold", 0.7}, {"nms_iou", 0.3}});
  EXPECT_THAT(Message(CreateFaceDetector(spec, cache).status()), HasSubstr("the input is 100 x 100"));
}

class FaceRecogniserTest : public ::testing::Test {
 protected:
  FaceRecogniserTest() {
    spec_.name = "face";
    spec_.family = "face-chip";
    spec_.path = "/models/faces.onnx";
    spec_.params =
        ModelParams("face", {{"input_size", int64_t{32}}, {"template_padding", 0.5}, {"dimension", int64_t{2}}});
  }

  Status Analyse(Answer answer) {
    ModelCache cache(EngineThat(std::move(answer)), SessionOptions{});
    CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<Analyser> analyser, CreateFaceRecogniser(spec_, cache));
    EXPECT_THAT(analyser->needs(), ElementsAre("faces.detect"));
    return analyser->Analyse({.image = image_, .full_width = 200, .full_height = 200}, findings_);
  }

  void FindAFace() {
    findings_.faces.emplace(1);
    findings_.faces->front().landmarks = ChipLandmarks(100, 0.5F);
  }

  ModelSpec spec_;
  Image image_ = Grey(100, 100);
  Findings findings_;
};

// A vector that encodes the mean of a chip and its index in the batch.
StatusOr<std::vector<Tensor>> MeanAndPlace(std::span<const Tensor> inputs) {
  const auto count = static_cast<std::size_t>(inputs[0].dim(0));
  const std::size_t size = inputs[0].elements() / count;
  Tensor answer(ElementType::kFloat32, {inputs[0].dim(0), 2});
  for (std::size_t i = 0; i < count; ++i) {
    const std::span<const float> chip = inputs[0].data<float>().subspan(i * size, size);
    answer.data<float>()[2 * i] = std::accumulate(chip.begin(), chip.end(), 0.0F) / static_cast<float>(size);
    answer.data<float>()[2 * i + 1] = static_cast<float>(i);
  }
  return std::vector<Tensor>{answer};
}

TEST_F(FaceRecogniserTest, GivesEachFaceAUnitVectorInSmallBatches) {
  findings_.faces.emplace(11);
  for (FaceFinding& face : *findings_.faces) {
    // Well inside the photo, at half the analysed image's scale, so that the whole chip is grey.
    std::ranges::transform(ChipLandmarks(40, 0.5F), face.landmarks.begin(),
                           [](const Point& point) { return Point{2 * (point.x + 20), 2 * (point.y + 20)}; });
  }
  std::vector<int64_t> batches;
  const Status status = Analyse([&](std::span<const Tensor> inputs) {
    batches.push_back(inputs[0].dim(0));
    return MeanAndPlace(inputs);
  });
  ASSERT_TRUE(status.ok()) << Message(status);
  EXPECT_THAT(batches, ElementsAre(8, 3));
  for (std::size_t i = 0; i < 11; ++i) {
    const float place = static_cast<float>(i % 8);
    const float length = std::hypot(127.0F, place);
    const std::vector<float>& embedding = (*findings_.faces)[i].embedding;
    ASSERT_EQ(embedding.size(), 2U);
    EXPECT_NEAR(embedding[0], 127 / length, 1e-3);
    EXPECT_NEAR(embedding[1], place / length, 1e-3);
    EXPECT_EQ((*findings_.faces)[i].sharpness, 0) << "of a grey photo";
  }
}

TEST_F(FaceRecogniserTest, NoFacesNeedNoModel) {
  findings_.faces.emplace();
  spec_.path = "/models/not_there.onnx";
  EXPECT_TRUE(Analyse(MeanAndPlace).ok());
}

TEST_F(FaceRecogniserTest, FacesWithoutLandmarksAreAnError) {
  findings_.faces.emplace(1);
  const Status status = Analyse(MeanAndPlace);
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(Message(status), HasSubstr("returns no landmarks"));
}

TEST_F(FaceRecogniserTest, UsesTheSizeBatchAndDimensionOfTheGraph) {
  for (const auto& [family, grey] : {std::pair{"arcface", (127 - 127.5F) / 127.5F}, {"sface", 127.0F}}) {
    spec_.family = family;
    spec_.params = {};
    findings_.faces.emplace(3);
    for (FaceFinding& face : *findings_.faces) {
      std::ranges::transform(ChipLandmarks(100, 0.5F), face.landmarks.begin(),
                             [](const Point& point) { return Point{50 + point.x, 50 + point.y}; });
    }
    std::vector<float> first;
    ModelCache cache(std::make_shared<FakeEngine>(std::map<std::string, FakeModel>{
                         {"faces.onnx",
                          {.inputs = {{"data", ElementType::kFloat32, {2, 3, 48, 48}}},
                           .outputs = {},
                           .metadata = {},
                           .run =
                               [&](std::span<const Tensor> inputs) {
                                 EXPECT_THAT(inputs[0].shape(), ElementsAre(2, 3, 48, 48));
                                 first.push_back(inputs[0].data<float>()[24 * 48 + 24]);
                                 return std::vector<Tensor>{FloatTensor({2, 3}, std::vector<float>{3, 4, 0, 1, 0, 0})};
                               }}}}),
                     SessionOptions{});
    const auto analyser = CreateFaceRecogniser(spec_, cache);
    ASSERT_TRUE(analyser.ok()) << analyser.status();
    const Status status = (*analyser)->Analyse({.image = image_, .full_width = 200, .full_height = 200}, findings_);
    ASSERT_TRUE(status.ok()) << Message(status);
    EXPECT_THAT(first, ElementsAre(grey, grey));
    EXPECT_THAT((*findings_.faces)[0].embedding, ElementsAre(0.6F, 0.8F, 0));
    EXPECT_THAT((*findings_.faces)[1].embedding, ElementsAre(1, 0, 0));
    EXPECT_THAT((*findings_.faces)[2].embedding, ElementsAre(0.6F, 0.8F, 0));
  }
}

TEST_F(FaceRecogniserTest, NeedsTheFindingsOfTheFaceDetector) {
  EXPECT_TRUE(absl::IsFailedPrecondition(Analyse(MeanAndPlace)));
}

TEST_F(FaceRecogniserTest, AnInvalidOutputLeavesTheFacesUnchanged) {
  struct Case {
    std::vector<float> answer;
    std::string_view message;
  };
  for (const Case& c : {Case{{1, 2, 3}, "3 numbers for 1 faces"}, Case{{0, 0}, "vector of length 0"},
                        Case{{NAN, 1}, "vector of length nan"}}) {
    FindAFace();
    const Status status = Analyse([&](std::span<const Tensor>) {
      return std::vector<Tensor>{FloatTensor({1, static_cast<int64_t>(c.answer.size())}, c.answer)};
    });
    EXPECT_THAT(Message(status), HasSubstr(std::string(c.message)));
    EXPECT_TRUE(findings_.faces->front().embedding.empty());
    EXPECT_FALSE(findings_.faces->front().sharpness.has_value());
  }
}

TEST_F(FaceRecogniserTest, TheSelfTestUsesTheChipUnchanged) {
  FindAFace();
  spec_.self_test = SelfTestSpec{};
  spec_.self_test->photo = SourceDir() / "packs/self_test/face_chip.jpg";
  spec_.self_test->expect_vector = {0, 1};
  EXPECT_THAT(Message(Analyse(MeanAndPlace)), HasSubstr("component 0 to be 0"));
}

TEST_F(FaceRecogniserTest, TheManifestOrTheFamilySetsTheMatchThreshold) {
  EXPECT_THAT(Message(FaceMatchThreshold(spec_).status()), HasSubstr("match_threshold"));
  spec_.family = "sface";
  EXPECT_EQ(*FaceMatchThreshold(spec_), 0.363);
  spec_.params = ModelParams("face", {{"match_threshold", 0.4}});
  EXPECT_EQ(*FaceMatchThreshold(spec_), 0.4);
}

TEST_F(FaceRecogniserTest, WhoMayBeTheSamePersonIsLessAlike) {
  spec_.params = ModelParams("face", {{"match_threshold", 0.5}});
  EXPECT_DOUBLE_EQ(*FaceMaybeThreshold(spec_), 0.4);
  spec_.params = ModelParams("face", {{"match_threshold", 0.5}, {"maybe_threshold", 0.45}});
  EXPECT_EQ(*FaceMaybeThreshold(spec_), 0.45);
  spec_.params = ModelParams("face", {{"match_threshold", 0.5}, {"maybe_threshold", 0.6}});
  EXPECT_THAT(Message(FaceMaybeThreshold(spec_).status()), HasSubstr("maybe_threshold is 0.6; it must be at most"));
}

TEST_F(FaceRecogniserTest, RefusesParametersOutOfRange) {
  spec_.params =
      ModelParams("face", {{"input_size", int64_t{32}}, {"template_padding", -1.0}, {"dimension", int64_t{2}}});
  EXPECT_THAT(Message(Analyse(MeanAndPlace)), HasSubstr("template_padding -1"));
  spec_.family = "eigenface";
  EXPECT_THAT(Message(Analyse(MeanAndPlace)),
              HasSubstr("unknown family \"eigenface\" for face recognition; known: face-chip, arcface"));
}

}  // namespace
}  // namespace calotype
