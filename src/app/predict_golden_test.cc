// Compares PredictService with a Python program that computes what Immich's service does (testdata/predict_golden.json,
// made by tools/parity/immich), on the same model files in the layout of that service's cache.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/predict.h"
#include "base/file.h"
#include "base/folders.h"
#include "base/source_dir.h"
#include "base/temporary_folder.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr double kLeastTextCosine = 0.9999;
constexpr double kLeastPhotoCosine = 0.999;
constexpr double kLeastFaceCosine = 0.995;
constexpr float kMostScoreDifference = 1e-3F;
constexpr float kMostDistance = 1;      // of the corners of a face, in pixels
constexpr float kMostTextDistance = 1;  // of those of a line

double Cosine(const std::vector<float>& a, const std::vector<float>& b) {
  const auto dot = [](const auto& x, const auto& y) { return std::inner_product(x.begin(), x.end(), y.begin(), 0.0); };
  return a.size() == b.size() ? dot(a, b) / std::sqrt(dot(a, a) * dot(b, b)) : 0;
}

double Length(const std::vector<float>& a) { return std::sqrt(std::inner_product(a.begin(), a.end(), a.begin(), 0.0)); }

fs::path CacheFolder() {
  return FoldersFromEnvironment([](const char* name) -> const char* { return std::getenv(name); }).cache;
}

class PredictGoldenTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const StatusOr<std::string> file = ReadTextFile(SourceDir() / "src/app/testdata/predict_golden.json");
    ASSERT_TRUE(file.ok()) << file.status();
    golden_ = Json::parse(*file);
    LayOut();
    const fs::path fetched = CacheFolder() / "onnxruntime/lib";
    const auto engine = OpenOnnxRuntime({.library = fs::exists(fetched) ? fetched : fs::path(), .plugins = {}});
    ASSERT_TRUE(engine.ok()) << engine.status();
    cache_ = std::make_unique<ModelCache>(*engine, SessionOptions{.threads = 2});
    service_.emplace([this](const PredictModelName& wanted) { return Find(wanted); }, *cache_, *reader_, DecodeLimits{},
                     App::Cores());
  }

  // The folder of tools/parity/immich/make_golden.py.
  void LayOut() {
    const fs::path embed = SourceDir() / "src/analysis/embed/testdata";
    const fs::path faces = SourceDir() / "src/analysis/faces/testdata";
    const std::vector<std::pair<std::string, fs::path>> files = {
        {"clip/clip/visual/model.onnx", embed / "contrastive/immich_visual.onnx"},
        {"clip/clip/textual/model.onnx", embed / "contrastive/immich_textual.onnx"},
        {"clip/clip/textual/tokenizer.json", embed / "tokenizers/clip.json"},
        {"clip/canonical/textual/model.onnx", embed / "contrastive/immich_textual.onnx"},
        {"clip/canonical/textual/tokenizer.json", embed / "tokenizers/clip.json"},
        {"facial-recognition/buffalo_l/detection/model.onnx", faces / "scrfd.onnx"},
        {"facial-recognition/buffalo_l/recognition/model.onnx", faces / "arcface.onnx"}};
    for (const auto& [name, source] : files) {
      fs::create_directories((folder_.path() / name).parent_path());
      fs::create_symlink(source, folder_.path() / name);
    }
    for (const auto& [name, config] : golden_["configs"].items()) {
      std::ofstream(folder_.path() / name) << config;
    }
  }

  // The text models are those of the starter pack, the others are in the folder.
  StatusOr<ModelSpec> Find(const PredictModelName& wanted) const {
    if (ImmichTask(wanted.role) != "ocr") {
      StatusOr<ModelSpec> model = FindInImmichFolder({.path = folder_.path()}, wanted);
      if (model.ok() && wanted.role == PredictRole::kImageEmbedding) {
        model->params.Set("crop_rounding", std::string("down"));
      }
      return model;
    }
    CALOTYPE_ASSIGN_OR_RETURN(const Pack pack, LoadPack(CacheFolder() / "models/starter"));
    const ModelSpec* const model = FindInPack(pack, wanted);
    return model == nullptr ? StatusOr<ModelSpec>(absl::NotFoundError("not in the pack")) : *model;
  }

  StatusOr<PredictAnswer> Ask(const PredictRequest& request, const std::string& photo) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(SourceDir() / photo));
    return service_->Predict(request, std::span<const uint8_t>(bytes));
  }

  Json golden_;
  const TemporaryFolder folder_ = *TemporaryFolder::Create();
  const std::unique_ptr<PhotoReader> reader_ = CreatePhotoReader();
  std::unique_ptr<ModelCache> cache_;
  std::optional<PredictService> service_;
};

TEST_F(PredictGoldenTest, EmbedsPhotos) {
  double worst = 1;
  for (const Json& expected : golden_["photos"]) {
    PredictRequest request;
    request.image_embedding = "clip";
    const std::string photo = expected["photo"];
    const StatusOr<PredictAnswer> answer = Ask(request, photo);
    ASSERT_TRUE(answer.ok()) << photo << ": " << answer.status();
    EXPECT_EQ(answer->image_width, expected["width"]) << photo;
    EXPECT_EQ(answer->image_height, expected["height"]) << photo;
    const double cosine = Cosine(*answer->embedding, expected["embedding"].get<std::vector<float>>());
    EXPECT_GE(cosine, kLeastPhotoCosine) << photo;
    worst = std::min(worst, cosine);
  }
  std::cout << golden_["photos"].size() << " photos, least cosine " << worst << "\n";
}

TEST_F(PredictGoldenTest, EmbedsTexts) {
  double worst = 1;
  for (const Json& expected : golden_["texts"]) {
    PredictRequest request;
    request.text_embedding = {.model = expected["model"], .language = "de"};
    const std::string text = expected["text"];
    const StatusOr<PredictAnswer> answer = service_->Predict(request, std::string_view(text));
    ASSERT_TRUE(answer.ok()) << text << ": " << answer.status();
    const double cosine = Cosine(*answer->embedding, expected["embedding"].get<std::vector<float>>());
    EXPECT_GE(cosine, kLeastTextCosine) << expected["model"] << ": " << text;
    worst = std::min(worst, cosine);
  }
  std::cout << golden_["texts"].size() << " texts, least cosine " << worst << "\n";
}

TEST_F(PredictGoldenTest, FindsFaces) {
  double worst = 1;
  int compared = 0;
  for (const Json& expected : golden_["faces"]) {
    PredictRequest request;
    request.face_detection = {.model = "buffalo_l", .min_score = expected["minScore"].get<float>()};
    request.face_recognition = "buffalo_l";
    const std::string photo = expected["photo"];
    const StatusOr<PredictAnswer> answer = Ask(request, photo);
    ASSERT_TRUE(answer.ok()) << photo << ": " << answer.status();
    ASSERT_EQ(answer->faces->size(), expected["faces"].size()) << photo;
    for (const Json& wanted : expected["faces"]) {
      const auto box = wanted["box"].get<std::array<float, 4>>();
      const auto same = std::ranges::find_if(*answer->faces, [&](const PredictedFace& face) {
        return std::equal(box.begin(), box.end(), face.corners.begin(),
                          [](float a, float b) { return std::abs(a - b) <= kMostDistance; });
      });
      ASSERT_NE(same, answer->faces->end()) << photo << ": " << wanted["box"];
      EXPECT_NEAR(same->score, wanted["score"].get<float>(), kMostScoreDifference);
      if (!wanted.contains("embedding")) {
        continue;
      }
      const auto vector = wanted["embedding"].get<std::vector<float>>();
      const double cosine = Cosine(same->embedding, vector);
      EXPECT_GE(cosine, kLeastFaceCosine) << photo << ": " << wanted["box"];
      EXPECT_NEAR(Length(same->embedding) / Length(vector), 1, 0.05) << "raw, not of unit length";
      worst = std::min(worst, cosine);
      ++compared;
    }
  }
  std::cout << compared << " faces with vectors, least cosine " << worst << "\n";
}

TEST_F(PredictGoldenTest, ReadsText) {
  if (!fs::exists(CacheFolder() / "models/starter/pack.toml")) {
    GTEST_SKIP() << "the starter pack is not in " << CacheFolder();
  }
  float farthest = 0;
  int compared = 0;
  for (const Json& expected : golden_["lines"]) {
    PredictRequest request;
    request.text_detection = {.model = "PP-OCRv6_small", .max_resolution = expected["maxResolution"]};
    request.text_recognition = {.model = "PP-OCRv6_small", .min_score = 0.8};
    const std::string photo = expected["photo"];
    const StatusOr<PredictAnswer> answer = Ask(request, photo);
    ASSERT_TRUE(answer.ok()) << photo << ": " << answer.status();
    ASSERT_EQ(answer->lines->size(), expected["lines"].size()) << photo;
    for (std::size_t i = 0; i < answer->lines->size(); ++i) {
      const PredictedLine& line = (*answer->lines)[i];
      const Json& wanted = expected["lines"][i];
      EXPECT_EQ(line.text, wanted["text"].get<std::string>()) << photo;
      EXPECT_NEAR(line.text_score, wanted["textScore"].get<float>(), 0.01F) << line.text;
      EXPECT_NEAR(line.box_score, wanted["boxScore"].get<float>(), 0.01F) << line.text;
      for (std::size_t corner = 0; corner < 4; ++corner) {
        const float distance = std::max(std::abs(line.quad[corner].x - wanted["quad"][corner][0].get<float>()),
                                        std::abs(line.quad[corner].y - wanted["quad"][corner][1].get<float>()));
        EXPECT_LE(distance, kMostTextDistance) << line.text;
        farthest = std::max(farthest, distance);
      }
      ++compared;
    }
  }
  std::cout << compared << " lines, corners at most " << farthest << " pixels away\n";
}

}  // namespace
}  // namespace calotype
