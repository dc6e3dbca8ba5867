#include "analysis/detect/detr.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "analysis/fake_engine.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Values = std::map<std::string, ModelParams::Value>;

DetrParams Read(const DetrPreset& preset, const Values& values = {}) {
  const auto params = ReadDetrParams(ModelParams("m", values), preset);
  EXPECT_TRUE(params.ok()) << Message(params.status());
  return params.value_or(DetrParams{});
}

TEST(ReadDetrParamsTest, AnEmptyManifestUsesThePreset) {
  const DetrParams detr = Read(kDetr);
  EXPECT_EQ(detr.shortest_side, 800);
  EXPECT_EQ(detr.longest_side, 1333);
  EXPECT_EQ(detr.input_size, 0);
  EXPECT_FLOAT_EQ(detr.normalisation.mean[0], 0.485F * 255);
  const DetrParams fine = Read(kRtDetr);
  EXPECT_EQ(fine.input_size, 640);
  EXPECT_EQ(fine.normalisation.mean[2], 0);
  EXPECT_EQ(fine.normalisation.std[2], 255);
  EXPECT_FLOAT_EQ(fine.score_threshold, 0.5F);
  EXPECT_FALSE(Read(kRfDetr).antialias);
}

TEST(ReadDetrParamsTest, TheManifestOverridesThePreset) {
  const DetrParams square = Read(kDetr, {{"input_size", int64_t{512}}, {"scores", std::string("sigmoid")}});
  EXPECT_EQ(square.input_size, 512);
  EXPECT_EQ(square.scores, ClassScores::kSigmoid);
  const DetrParams by_side = Read(kRtDetr, {{"shortest_side", int64_t{480}}, {"std", std::vector<double>{1, 2, 4}}});
  EXPECT_EQ(by_side.input_size, 0);
  EXPECT_EQ(by_side.shortest_side, 480);
  EXPECT_EQ(by_side.normalisation.std[2], 4 * 255);
}

TEST(ReadDetrParamsTest, ErrorsNameTheBadParameter) {
  const std::pair<Values, const char*> cases[] = {
      {{{"input_size", int64_t{8}}}, "input_size is 8"},
      {{{"input_size", int64_t{640}}, {"shortest_side", int64_t{640}}}, "exclude each other"},
      {{{"longest_side", std::string("long")}}, "longest_side"},
      {{{"scores", std::string("argmax")}}, "scores is \"argmax\""},
      {{{"std", std::vector<double>{1, 0, 1}}}, "std has 0"},
      {{{"top_k", int64_t{-1}}}, "top_k is -1"},
      {{{"score_threshold", 1.5}}, "score_threshold 1.5"},
  };
  for (const auto& [values, message] : cases) {
    const auto params = ReadDetrParams(ModelParams("m", values), kDetr);
    EXPECT_TRUE(absl::IsInvalidArgument(params.status())) << message;
    EXPECT_THAT(Message(params.status()), HasSubstr(message));
  }
}

TEST(PlanDetrSizeTest, GivesTheSizesOfTransformers) {
  struct Case {
    const DetrPreset& preset;
    int width, height;
    int planned_width, planned_height;
  };
  const Case cases[] = {
      {kDetr, 640, 480, 1066, 800},    // shortest side to 800
      {kDetr, 480, 640, 800, 1066},    // upright
      {kDetr, 800, 800, 800, 800},     // unchanged
      {kDetr, 3000, 2171, 1105, 800},  // truncated, not rounded
      {kDetr, 4000, 500, 1333, 167},   // longest side to 1333, 166.6 rounded
      {kYolos, 640, 480, 1056, 800},   // multiple of the patch size
      {kYolos, 4000, 40, 1328, 16},    // at least one patch
      {kRtDetr, 4000, 500, 640, 640},  // for any aspect ratio
      {kRfDetr, 100, 100, 560, 560},
  };
  for (const Case& c : cases) {
    const DetrSize size = PlanDetrSize(c.width, c.height, Read(c.preset));
    EXPECT_EQ(size.width, c.planned_width) << c.width << "x" << c.height;
    EXPECT_EQ(size.height, c.planned_height) << c.width << "x" << c.height;
  }
}

float Logit(double score) { return static_cast<float>(std::log(score / (1 - score))); }

TEST(DecodeDetrTest, SigmoidTakesTheBestPairs) {
  const Tensor logits = FloatTensor({1, 2, 3}, std::vector<float>{Logit(0.6), Logit(0.9), Logit(0.1),  //
                                                                  Logit(0.2), Logit(0.3), Logit(0.7)});
  const Tensor boxes = FloatTensor({1, 2, 4}, std::vector<float>{0.5F, 0.5F, 0.2F, 0.4F, 0.25F, 0.25F, 0.5F, 0.5F});
  DetrParams params = Read(kConditional);
  const auto found = DecodeDetr(logits, boxes, params, std::nullopt);
  ASSERT_TRUE(found.ok()) << Message(found.status());
  ASSERT_EQ(found->size(), 3U);
  EXPECT_EQ((*found)[0].label, 1);
  EXPECT_NEAR((*found)[0].score, 0.9, 1e-6);
  EXPECT_FLOAT_EQ((*found)[0].box.x, 0.4F);
  EXPECT_FLOAT_EQ((*found)[0].box.height, 0.4F);
  EXPECT_EQ((*found)[1].label, 2);
  EXPECT_FLOAT_EQ((*found)[1].box.x, 0);
  EXPECT_EQ((*found)[2].label, 0);
  params.top_k = 0;  // as many as there are queries
  EXPECT_EQ(DecodeDetr(logits, boxes, params, std::nullopt)->size(), 2U);
  EXPECT_EQ(DecodeDetr(logits, boxes, params, 1)->size(), 1U);  // ignores the other classes
}

TEST(DecodeDetrTest, SoftmaxTakesOneClassPerQueryAndDropsNoObject) {
  const Tensor logits = FloatTensor({1, 3, 3}, std::vector<float>{5, 1, 0, 0, 0, 9, 0, 2, 0});
  const Tensor boxes = FloatTensor({1, 3, 4}, std::vector<float>(12, 0.5F));
  const auto found = DecodeDetr(logits, boxes, Read(kDetr), std::nullopt);
  ASSERT_TRUE(found.ok()) << Message(found.status());
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0].label, 0);
  EXPECT_NEAR((*found)[0].score, std::exp(5) / (std::exp(5) + std::exp(1) + 1), 1e-6);
  EXPECT_EQ((*found)[1].label, 1);
}

TEST(DecodeDetrTest, TheNumberOfClassesDecidesTheKindOfScore) {
  for (const auto& [classes, softmax] : {std::pair{80, false}, {91, false}, {92, true}, {7, true}}) {
    std::vector<float> row(static_cast<std::size_t>(classes), -20);
    row.back() = 9;
    const auto found = DecodeDetr(FloatTensor({1, 1, classes}, row), FloatTensor({1, 1, 4}, std::vector<float>(4)),
                                  Read(kDetr), std::nullopt);
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(found->empty(), softmax) << classes;
  }
}

TEST(DecodeDetrTest, RefusesOtherShapesAndNan) {
  const Tensor boxes = FloatTensor({1, 2, 4}, std::vector<float>(8));
  const Tensor nan = FloatTensor({1, 2, 1}, std::vector<float>{1, std::numeric_limits<float>::quiet_NaN()});
  EXPECT_THAT(Message(DecodeDetr(nan, boxes, Read(kRtDetr), std::nullopt).status()), HasSubstr("not finite"));
  for (const Tensor& wrong : {FloatTensor({1, 3, 1}, std::vector<float>(3)), FloatTensor({2}, std::vector<float>(2)),
                              Tensor(ElementType::kInt64, {1, 2, 1})}) {
    const auto found = DecodeDetr(wrong, boxes, Read(kRtDetr), std::nullopt);
    EXPECT_TRUE(absl::IsInternal(found.status()));
    EXPECT_THAT(Message(found.status()), HasSubstr("[N, Q, C]"));
  }
}

// A graph that finds one cat in the centre, with the inputs and outputs that the test sets.
class DetrDetectorTest : public ::testing::Test {
 protected:
  DetrDetectorTest() {
    spec_.name = "m";
    std::ranges::fill(image_.pixels(), uint8_t{255});
  }

  struct Answer {
    int64_t label = 0;
    float score = 0;
    std::vector<float> corners;
  };

  StatusOr<std::vector<ObjectFinding>> Detect(const DetrPreset& preset) {
    CALOTYPE_ASSIGN_OR_RETURN(const auto detector, CreateDetr(spec_, preset));
    if (!answers_.empty()) {
      FakeSession session({.inputs = inputs_,
                           .outputs = {{"labels", ElementType::kInt64, {-1, -1}},
                                       {"boxes", ElementType::kFloat32, {-1, -1, 4}},
                                       {"scores", ElementType::kFloat32, {-1, -1}}},
                           .metadata = {},
                           .run = [&](std::span<const Tensor> inputs) {
                             seen_.assign(inputs.begin(), inputs.end());
                             return AnswerTensors();
                           }});
      return detector->Detect(session, {.image = image_, .full_width = 128, .full_height = 64});
    }
    FakeSession session(
        {.inputs = inputs_, .outputs = outputs_, .metadata = {}, .run = [&](std::span<const Tensor> inputs) {
           seen_.assign(inputs.begin(), inputs.end());
           return std::vector<Tensor>{FloatTensor({1, 1, 4}, std::vector<float>{0.5F, 0.5F, 0.5F, 1}),
                                      FloatTensor({1, 1, classes_}, logits_)};
         }});
    return detector->Detect(session, {.image = image_, .full_width = 128, .full_height = 64});
  }

  std::vector<Tensor> AnswerTensors() const {
    const auto count = static_cast<int64_t>(answers_.size());
    Tensor labels(ElementType::kInt64, {1, count});
    std::ranges::transform(answers_, labels.data<int64_t>().begin(), &Answer::label);
    std::vector<float> corners;
    std::vector<float> scores;
    for (const Answer& answer : answers_) {
      corners.insert(corners.end(), answer.corners.begin(), answer.corners.end());
      scores.push_back(answer.score);
    }
    return {labels, FloatTensor({1, count, 4}, corners), FloatTensor({1, count}, scores)};
  }

  std::vector<Answer> answers_;  // unless empty, what the graph returns
  int64_t classes_ = 80;
  std::vector<float> logits_ = std::vector<float>(80, -9);
  std::vector<TensorInfo> inputs_ = {{"pixel_values", ElementType::kFloat32, {-1, 3, 32, 48}}};
  std::vector<TensorInfo> outputs_ = {{"dets", ElementType::kFloat32, {-1, 1, 4}},
                                      {"labels", ElementType::kFloat32, {-1, 1, -1}}};
  ModelSpec spec_;
  Image image_{64, 32};
  std::vector<Tensor> seen_;
};

TEST_F(DetrDetectorTest, UsesTheGraphsSizeAndReturnsPixelsOfTheOriginal) {
  logits_[15] = 3;
  for (const DetrPreset& preset : {kRtDetr, kRfDetr, kConditional}) {
    const auto found = Detect(preset);
    ASSERT_TRUE(found.ok()) << Message(found.status());
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ((*found)[0].label, "cat");
    EXPECT_FLOAT_EQ((*found)[0].box.x, 32);
    EXPECT_FLOAT_EQ((*found)[0].box.width, 64);
    EXPECT_FLOAT_EQ((*found)[0].box.height, 64);
    EXPECT_THAT(seen_[0].shape(), ElementsAre(1, 3, 32, 48));
    EXPECT_NEAR(seen_[0].data<float>()[0], preset.normalise ? (1 - 0.485) / 0.229 : 1, 1e-5);
  }
}

TEST_F(DetrDetectorTest, PassesMasksAndBytesToGraphsThatTakeThem) {
  inputs_ = {{"pixel_mask", ElementType::kInt64, {-1, 64, 64}}, {"image", ElementType::kUint8, {1, -1, -1, 3}}};
  spec_.params = ModelParams("m", {{"input_size", int64_t{40}}});
  ASSERT_TRUE(Detect(kDetr).ok());
  EXPECT_THAT(seen_[0].shape(), ElementsAre(1, 64, 64));
  EXPECT_EQ(seen_[0].data<int64_t>()[64 * 64 - 1], 1);
  EXPECT_THAT(seen_[1].shape(), ElementsAre(1, 40, 40, 3));
  EXPECT_EQ(seen_[1].data<uint8_t>()[7], 255);
  inputs_[0].shape = {-1, -1, -1};
  ASSERT_TRUE(Detect(kDetr).ok());
  EXPECT_THAT(seen_[0].shape(), ElementsAre(1, 40, 40));
}

TEST_F(DetrDetectorTest, ErrorsSayWhyAGraphIsNotADetr) {
  inputs_.push_back({"orig_target_sizes", ElementType::kFloat32, {-1, 2}});
  EXPECT_THAT(Message(Detect(kRtDetr).status()), HasSubstr("orig_target_sizes float32 [-1, 2]"));
  inputs_.pop_back();
  outputs_[0].name = "output0";
  EXPECT_THAT(Message(Detect(kRtDetr).status()), HasSubstr("this one returns output0 float32"));
}

TEST_F(DetrDetectorTest, UsesTheResultsOfAGraphThatTakesThePhotosSize) {
  inputs_.push_back({"orig_target_sizes", ElementType::kInt64, {-1, 2}});
  answers_ = {{.label = 15, .score = 0.4F, .corners = {1, 2, 3, 4}},
              {.label = 16, .score = 0.7F, .corners = {10, 20, 30, 60}},
              {.label = 0, .score = 0.9F, .corners = {32, 0, 96, 64}}};
  const auto found = Detect(kRtDetr);
  ASSERT_TRUE(found.ok()) << Message(found.status());
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0].label, "person");
  EXPECT_EQ((*found)[1].label, "dog");
  EXPECT_FLOAT_EQ((*found)[1].box.x, 10);
  EXPECT_FLOAT_EQ((*found)[1].box.y, 20);
  EXPECT_FLOAT_EQ((*found)[1].box.width, 20);
  EXPECT_FLOAT_EQ((*found)[1].box.height, 40);
  EXPECT_THAT(seen_[1].shape(), ElementsAre(1, 2));
  EXPECT_THAT(seen_[1].data<int64_t>(), ElementsAre(128, 64));  // width and height of the original
}

TEST_F(DetrDetectorTest, RefusesInvalidResults) {
  inputs_.push_back({"orig_target_sizes", ElementType::kInt64, {-1, 2}});
  answers_ = {{.label = 80, .score = 0.9F, .corners = {1, 2, 3, 4}}};
  EXPECT_THAT(Message(Detect(kRtDetr).status()), HasSubstr("model m returned class 80; COCO has 80, counted from 0"));
  answers_[0].label = -1;
  EXPECT_THAT(Message(Detect(kRtDetr).status()), HasSubstr("returned class -1"));
  answers_[0] = {.label = 1, .score = 0.9F, .corners = {1, 2, std::nanf(""), 4}};
  EXPECT_THAT(Message(Detect(kRtDetr).status()), HasSubstr("not finite"));
  const Tensor labels(ElementType::kInt64, {1, 2});
  const auto found = ReadDetrAnswers(labels, FloatTensor({1, 2, 4}, std::vector<float>(8)),
                                     FloatTensor({1, 3}, std::vector<float>(3)), {.width = 1, .height = 1}, 0.5F);
  EXPECT_TRUE(absl::IsInternal(found.status()));
  EXPECT_THAT(Message(found.status()), HasSubstr("scores float32 [1, 3]"));
}

TEST_F(DetrDetectorTest, OtherClassesNeedALabelFile) {
  classes_ = 5;
  logits_.assign(5, -9);
  EXPECT_THAT(Message(Detect(kRtDetr).status()), HasSubstr("model m has 5 classes"));
}

TEST_F(DetrDetectorTest, SkipsUnusedCocoIds) {
  classes_ = 91;
  logits_.assign(91, -9);
  logits_[12] = 5;
  const auto found = Detect(kRfDetr);
  ASSERT_TRUE(found.ok()) << Message(found.status());
  EXPECT_TRUE(found->empty());
}

}  // namespace
}  // namespace calotype
