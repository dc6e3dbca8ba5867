// Compares CLIP and SigLIP encoders with open_clip and transformers using Pillow. The graphs are small, with random
// weights, in the layouts that people use (made by tools/parity/embed/make_golden.py).
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "analysis/analyser.h"
#include "analysis/self_test.h"
#include "base/file.h"
#include "base/folders.h"
#include "base/source_dir.h"
#include "base/temporary_folder.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

const fs::path kTestdata = SourceDir() / "src/analysis/embed/testdata";

// The least cosine for a lossless photo decoded in full size, and for a JPEG: its decoders differ by a grey level, and
// a large one is decoded at reduced size. The measured values are 1.000000 and 0.99979.
constexpr double kLeastOfSamePixels = 0.99999;
constexpr double kLeastOfSameFile = 0.9995;
constexpr double kLeastOfText = 0.99999;

class ContrastiveGoldenTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const auto cache = FoldersFromEnvironment([](const char* name) -> const char* { return std::getenv(name); }).cache;
    const fs::path fetched = cache / "onnxruntime/lib";
    const auto opened = OpenOnnxRuntime({.library = fs::exists(fetched) ? fetched : fs::path(), .plugins = {}});
    ASSERT_TRUE(opened.ok()) << opened.status();
    engine = *opened;
    const StatusOr<std::string> text = ReadTextFile(kTestdata / "contrastive/golden.json");
    ASSERT_TRUE(text.ok()) << text.status();
    golden = nlohmann::json::parse(*text);
  }
  static void TearDownTestSuite() { engine.reset(); }

  // Puts the model of `golden_case` into its own folder, together with the other files of the case.
  ModelSpec Spec(const nlohmann::json& golden_case, std::map<std::string, ModelParams::Value> params) const {
    const std::string name = golden_case["graph"];
    const fs::path folder = temporary_->path() / name;
    fs::create_directories(folder);
    fs::copy_file(kTestdata / "contrastive" / name, folder / "model.onnx", fs::copy_options::overwrite_existing);
    if (golden_case.contains("config")) {
      for (const auto& [file, config] : golden_case["config"].items()) {
        std::ofstream(folder / file) << config;
      }
    }
    params.insert({"space", std::string("test")});
    ModelSpec spec;
    spec.name = name;
    spec.family = golden_case["family"];
    spec.path = folder / "model.onnx";
    spec.folder = folder;
    spec.params = ModelParams(name, params);
    return spec;
  }

  static std::shared_ptr<Engine> engine;
  static nlohmann::json golden;
  const StatusOr<TemporaryFolder> temporary_ = TemporaryFolder::Create();
};

std::shared_ptr<Engine> ContrastiveGoldenTest::engine;
nlohmann::json ContrastiveGoldenTest::golden;

// The cosine of two vectors of unit length.
double Cosine(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() ? std::inner_product(a.begin(), a.end(), b.begin(), 0.0) : 0;
}

fs::path PhotoNamed(const std::string& name) {
  const fs::path made = kTestdata / "contrastive" / name;
  return fs::exists(made) ? made : SourceDir() / "samples" / name;
}

TEST_F(ContrastiveGoldenTest, PhotosHaveTheVectorsOfTheReference) {
  int compared = 0;
  double least_of_pixels = 1;
  double least_of_file = 1;
  for (const auto& golden_case : golden["cases"]) {
    if (!golden_case.contains("photos")) {
      continue;
    }
    const ModelSpec spec = Spec(golden_case, {});
    ModelCache cache(engine, {});
    const auto analyser = CreateEmbeddingAnalyser(spec, cache);
    ASSERT_TRUE(analyser.ok()) << analyser.status();
    for (const auto& [name, expected] : golden_case["photos"].items()) {
      const StatusOr<Image> image = LoadSelfTestPhoto(PhotoNamed(name));
      ASSERT_TRUE(image.ok()) << image.status();
      Findings findings;
      const Status status = (*analyser)->Analyse(
          {.image = *image, .full_width = image->width(), .full_height = image->height()}, findings);
      ASSERT_TRUE(status.ok()) << status;
      const double cosine = Cosine(findings.embedding->vector, expected.get<std::vector<float>>());
      const bool lossless = name.ends_with(".png");
      double& least = lossless ? least_of_pixels : least_of_file;
      least = std::min(least, cosine);
      EXPECT_GE(cosine, lossless ? kLeastOfSamePixels : kLeastOfSameFile) << spec.name << " " << name;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 85);
  RecordProperty("photos", compared);
  RecordProperty("least_cosine_of_same_pixels", std::to_string(least_of_pixels));
  RecordProperty("least_cosine_of_same_file", std::to_string(least_of_file));
}

TEST_F(ContrastiveGoldenTest, TextsHaveTheVectorsOfTheReference) {
  int compared = 0;
  for (const auto& golden_case : golden["cases"]) {
    if (!golden_case.contains("texts")) {
      continue;
    }
    const fs::path tokenizer = kTestdata / "tokenizers" / golden_case["tokenizer"].get<std::string>();
    std::map<std::string, ModelParams::Value> params = {{"tokenizer", tokenizer.filename().string()}};
    if (!golden_case["pad_id"].is_null()) {
      params["pad_id"] = golden_case["pad_id"].get<int64_t>();
    }
    ModelSpec spec = Spec(golden_case, params);
    spec.folder = tokenizer.parent_path();
    ModelCache cache(engine, {});
    const auto encoder = CreateTextEncoder(spec, cache);
    ASSERT_TRUE(encoder.ok()) << encoder.status();
    for (const auto& text : golden_case["texts"]) {
      const auto vector = (*encoder)->Encode(text["text"].get<std::string>());
      ASSERT_TRUE(vector.ok()) << vector.status();
      EXPECT_GE(Cosine(*vector, text["vector"].get<std::vector<float>>()), kLeastOfText)
          << spec.name << " " << text["text"];
      ++compared;
    }
  }
  EXPECT_EQ(compared, 44);
  RecordProperty("texts", compared);
}

}  // namespace
}  // namespace calotype
