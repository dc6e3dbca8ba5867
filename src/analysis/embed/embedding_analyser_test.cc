#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/fake_engine.h"
#include "base/source_dir.h"
#include "base/temporary_folder.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

TensorInfo Info(const std::string& name) { return {.name = name, .type = ElementType::kFloat32, .shape = {}}; }

class EmbeddingAnalyserTest : public testing::Test {
 protected:
  EmbeddingAnalyserTest() {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "labels.txt") << "cat\ndog\ncup\n";
    spec_.name = "conse";
    spec_.family = "conse";
    spec_.path = folder_ / "image.onnx";
    spec_.folder = folder_;
    SetParams({});
    // The outputs have another order than the starter pack's; the vector's length is 5.
    model_ = {.inputs = {Info("pixel_values")},
              .outputs = {Info("class_probs"), Info("image_embedding")},
              .metadata = {},
              .run = [this](std::span<const Tensor> inputs) -> StatusOr<std::vector<Tensor>> {
                seen_ = inputs.front();
                return std::vector<Tensor>{FloatTensor({1, 3}, std::vector<float>{.1F, .6F, .3F}),
                                           FloatTensor({1, 2}, vector_)};
              }};
  }

  void SetParams(const std::map<std::string, ModelParams::Value>& changed) {
    std::map<std::string, ModelParams::Value> params = {{"input_size", int64_t{4}},
                                                        {"resize_short", int64_t{5}},
                                                        {"dimension", int64_t{2}},
                                                        {"mean", std::vector<double>{.5, .5, .5}},
                                                        {"std", std::vector<double>{.5, .5, .25}},
                                                        {"space", std::string("words")},
                                                        {"labels", std::string("labels.txt")},
                                                        {"tag_threshold", .3}};
    for (const auto& [key, value] : changed) {
      params[key] = value;
    }
    spec_.params = ModelParams("conse", params);
  }

  Status Analyse(Findings& findings) {
    const auto engine = std::make_shared<FakeEngine>(std::map<std::string, FakeModel>{{"image.onnx", model_}});
    analyser_.reset();
    cache_ = std::make_unique<ModelCache>(engine, SessionOptions{});
    CALOTYPE_ASSIGN_OR_RETURN(analyser_, CreateEmbeddingAnalyser(spec_, *cache_));
    Image image(40, 20);
    for (std::size_t i = 0; i < image.pixels().size(); ++i) {
      image.pixels()[i] = i % 3 == 0 ? 255 : 0;  // red
    }
    return analyser_->Analyse({.image = image, .full_width = 400, .full_height = 200}, findings);
  }

  const StatusOr<TemporaryFolder> temporary_ = TemporaryFolder::Create();
  const std::filesystem::path folder_ = temporary_->path();
  ModelSpec spec_;
  FakeModel model_;
  std::vector<float> vector_ = {3, 4};
  Tensor seen_;
  std::unique_ptr<ModelCache> cache_;
  std::unique_ptr<Analyser> analyser_;
};

TEST_F(EmbeddingAnalyserTest, EmbedsAndTags) {
  Findings findings;
  const Status status = Analyse(findings);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(findings.embedding->space, "words");
  EXPECT_THAT(findings.embedding->vector, ElementsAre(FloatNear(.6F, 1e-6F), FloatNear(.8F, 1e-6F)));
  ASSERT_EQ(findings.embedding->tags.size(), 2U);
  EXPECT_EQ(findings.embedding->tags[0].label, "dog");
  EXPECT_EQ(findings.embedding->tags[1].label, "cup");
  EXPECT_EQ(analyser_->name(), "embedding");
  EXPECT_EQ(analyser_->device(), "fake cpu f32");
  EXPECT_THAT(analyser_->version(), HasSubstr(spec_.VersionTag()));
}

TEST_F(EmbeddingAnalyserTest, FeedsNormalisedRgb) {
  Findings findings;
  ASSERT_TRUE(Analyse(findings).ok());
  ASSERT_EQ(seen_.shape(), (std::vector<int64_t>{1, 3, 4, 4}));
  EXPECT_NEAR(seen_.data<float>()[0], 1, 1e-5F);
  EXPECT_NEAR(seen_.data<float>()[16], -1, 1e-5F);
  EXPECT_NEAR(seen_.data<float>()[32], -2, 1e-5F);
}

TEST_F(EmbeddingAnalyserTest, ErrorsNameWhatIsWrongWithTheGraph) {
  const FakeModel kept = model_;
  Findings findings;
  model_.outputs[1].name = "vector";
  EXPECT_THAT(Message(Analyse(findings)), HasSubstr("named image_embedding; it has class_probs, vector"));
  model_ = kept;
  model_.inputs[0].name = "image";
  EXPECT_THAT(Message(Analyse(findings)), HasSubstr("named pixel_values; it has image"));
  model_ = kept;
  model_.inputs.push_back(Info("pixel_mask"));
  EXPECT_THAT(Message(Analyse(findings)), HasSubstr("2 inputs"));
  model_ = kept;
  vector_ = {0, 0};
  EXPECT_THAT(Message(Analyse(findings)), HasSubstr("image_embedding has the length 0"));
  vector_ = {NAN, 1};
  EXPECT_EQ(Analyse(findings).code(), absl::StatusCode::kInternal);
  vector_ = {3, 4};
  SetParams({{"dimension", int64_t{3}}});
  EXPECT_THAT(Message(Analyse(findings)),
              HasSubstr("image_embedding is float32 [1, 2]; expected one row of 3 float32 numbers (params.dimension)"));
  SetParams({});
  std::ofstream(folder_ / "labels.txt") << "cat\ndog\n";
  EXPECT_THAT(Message(Analyse(findings)), HasSubstr("3 float32 numbers for 2 labels"));
  EXPECT_FALSE(findings.embedding.has_value());
}

TEST_F(EmbeddingAnalyserTest, RunsTheSelfTest) {
  spec_.self_test = SelfTestSpec{};
  spec_.self_test->photo = SourceDir() / "packs/self_test/face_chip.jpg";
  spec_.self_test->expect_vector = {.6F};
  Findings findings;
  EXPECT_TRUE(Analyse(findings).ok());
  spec_.self_test->expect_vector = {.5F};
  EXPECT_THAT(Message(Analyse(findings)), HasSubstr("expected component 0 to be 0.5"));
}

TEST_F(EmbeddingAnalyserTest, RefusesUnknownFamiliesAndParameters) {
  Findings findings;
  SetParams({{"resize_short", int64_t{3}}});
  EXPECT_THAT(Message(Analyse(findings)), HasSubstr("model conse: input_size 4, resize_short 3"));
  SetParams({{"std", std::vector<double>{.5, 0, .5}}});
  EXPECT_THAT(Message(Analyse(findings)), HasSubstr("must be above 0"));
  SetParams({{"labels", std::string("../labels.txt")}});
  EXPECT_THAT(Message(Analyse(findings)), HasSubstr("../labels.txt"));
  SetParams({});
  spec_.family = "resnet";
  EXPECT_THAT(Message(Analyse(findings)),
              HasSubstr("unknown family resnet for image embeddings; known: conse, clip, siglip"));
}

}  // namespace
}  // namespace calotype
