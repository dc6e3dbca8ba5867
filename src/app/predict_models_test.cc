#include "app/predict_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "app/app_test_util.h"
#include "base/source_dir.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

Pack KnownPack(const std::string& name) {
  const fs::path file = SourceDir() / "packs" / (name + ".toml");
  std::ifstream stream(file);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  StatusOr<Pack> pack = ParseManifest(text, file.string(), "/models");
  EXPECT_TRUE(pack.ok()) << pack.status();
  return pack.ok() ? *std::move(pack) : Pack{};
}

// The name of the pack's model, or "".
std::string Found(const Pack& pack, PredictRole role, const std::string& name) {
  const ModelSpec* const model = FindInPack(pack, {.role = role, .name = name});
  return model == nullptr ? "" : model->name;
}

TEST(PredictModelsTest, RecognisesImmichsModelsInAPack) {
  const Pack pack = KnownPack("standard");
  EXPECT_EQ(Found(pack, PredictRole::kImageEmbedding, "ViT-B-32__laion2b-s34b-b79k"), "clip-image");
  EXPECT_EQ(Found(pack, PredictRole::kTextEmbedding, "ViT-B-32__laion2b-s34b-b79k"), "clip-text");
  EXPECT_EQ(Found(pack, PredictRole::kFaceDetection, "buffalo_l"), "buffalo-l-detect");
  EXPECT_EQ(Found(pack, PredictRole::kFaceRecognition, "buffalo_l"), "buffalo-l-recognise");
  EXPECT_EQ(Found(pack, PredictRole::kTextDetection, "PP-OCRv5_mobile"), "ppocr5-detect");
  EXPECT_EQ(Found(pack, PredictRole::kTextDetection, "LATIN__PP-OCRv5_mobile"), "ppocr5-detect");
  EXPECT_EQ(Found(pack, PredictRole::kTextRecognition, "PP-OCRv5_mobile"), "ppocr5-recognise");
  EXPECT_EQ(Found(pack, PredictRole::kTextRecognition, "CH__PP-OCRv5_mobile"), "ppocr5-recognise");
  const Pack starter = KnownPack("starter");
  EXPECT_EQ(Found(starter, PredictRole::kTextDetection, "PP-OCRv6_small"), "ppocr-detect");
  EXPECT_EQ(Found(starter, PredictRole::kTextRecognition, "PP-OCRv6_small"), "ppocr-recognise");
}

TEST(PredictModelsTest, NeverTakesAnotherModel) {
  const Pack pack = KnownPack("standard");
  // Another model of the same size and family, of another training or another language.
  EXPECT_EQ(Found(pack, PredictRole::kImageEmbedding, "ViT-B-32__openai"), "");
  EXPECT_EQ(Found(pack, PredictRole::kTextEmbedding, "ViT-B-32__openai"), "");
  EXPECT_EQ(Found(pack, PredictRole::kFaceDetection, "buffalo_m"), "");
  EXPECT_EQ(Found(pack, PredictRole::kFaceRecognition, "antelopev2"), "");
  EXPECT_EQ(Found(pack, PredictRole::kTextDetection, "PP-OCRv5_server"), "");
  EXPECT_EQ(Found(pack, PredictRole::kTextRecognition, "LATIN__PP-OCRv5_mobile"), "");
  // A name of another role.
  EXPECT_EQ(Found(pack, PredictRole::kImageEmbedding, "buffalo_l"), "");
  EXPECT_EQ(Found(pack, PredictRole::kImageEmbedding, ""), "");
  // A manifest whose file has another repository, and no known hash.
  Pack other = pack;
  for (ModelSpec& model : other.models) {
    model.files.front().sha256.reset();
    if (model.files.front().hub) {
      model.files.front().hub->repository = "somebody/buffalo_l";
    }
  }
  EXPECT_EQ(Found(other, PredictRole::kFaceDetection, "buffalo_l"), "");
}

// A folder as Immich's service leaves it.
class ImmichFolderTest : public ::testing::Test {
 protected:
  void Write(const fs::path& name, std::string_view text) {
    fs::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name) << text;
  }

  StatusOr<ModelSpec> Find(PredictRole role, const std::string& name, const std::string& revision = "main") {
    return FindInImmichFolder({.path = folder_.path(), .revision = revision}, {.role = role, .name = name});
  }

  const TemporaryFolder folder_ = *TemporaryFolder::Create();
};

TEST_F(ImmichFolderTest, ReadsTextEncoders) {
  Write("clip/ViT-B-16-SigLIP__webli/textual/model.onnx", "weights");
  Write("clip/ViT-B-16-SigLIP__webli/config.json",
        R"({"embed_dim":768,"text_cfg":{"context_length":64,"tokenizer_kwargs":{"clean":"canonicalize"}}})");
  const StatusOr<ModelSpec> model = Find(PredictRole::kTextEmbedding, "ViT-B-16-SigLIP__webli");
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->name, "immich/clip/ViT-B-16-SigLIP__webli/textual");
  EXPECT_EQ(model->task, "embed.text");
  EXPECT_EQ(model->family, "clip");
  EXPECT_EQ(model->path, folder_.path() / "clip/ViT-B-16-SigLIP__webli/textual/model.onnx");
  EXPECT_EQ(*model->params.Int("max_tokens"), 64);
  EXPECT_EQ(*model->params.Text("clean"), "canonicalize");
  EXPECT_TRUE(absl::IsNotFound(Find(PredictRole::kImageEmbedding, "ViT-B-16-SigLIP__webli").status()));
}

TEST_F(ImmichFolderTest, AConfigurationThatIsDamagedIsAnError) {
  Write("clip/M/textual/model.onnx", "weights");
  EXPECT_FALSE(Find(PredictRole::kTextEmbedding, "M").ok());
  Write("clip/M/config.json", "{");
  EXPECT_TRUE(absl::IsInvalidArgument(Find(PredictRole::kTextEmbedding, "M").status()));
  Write("clip/M/config.json", R"({"text_cfg":7})");
  EXPECT_TRUE(absl::IsInvalidArgument(Find(PredictRole::kTextEmbedding, "M").status()));
  Write("clip/M/config.json", "{}");
  EXPECT_EQ(*Find(PredictRole::kTextEmbedding, "M")->params.Int("max_tokens"), 77);
}

TEST_F(ImmichFolderTest, ReadsFacesAndText) {
  Write("facial-recognition/buffalo_l/detection/model.onnx", "weights");
  Write("ocr/PP-OCRv5_mobile/detection/model.onnx", "weights");
  Write("ocr/EN__PP-OCRv5_mobile/recognition/model.onnx", "weights");
  Write("ocr/EN__PP-OCRv5_mobile/recognition/charset.txt", "a");
  EXPECT_EQ(Find(PredictRole::kFaceDetection, "buffalo_l")->family, "scrfd");
  EXPECT_EQ(Find(PredictRole::kTextDetection, "EN__PP-OCRv5_mobile")->name, "immich/ocr/PP-OCRv5_mobile/detection");
  EXPECT_EQ(*Find(PredictRole::kTextRecognition, "EN__PP-OCRv5_mobile")->params.Text("characters"), "charset.txt");
  EXPECT_TRUE(absl::IsNotFound(Find(PredictRole::kTextRecognition, "PP-OCRv5_mobile").status()));
}

TEST_F(ImmichFolderTest, ARevisionIsAnotherFolder) {
  Write("facial-recognition/buffalo_l/v2/detection/model.onnx", "weights");
  EXPECT_TRUE(absl::IsNotFound(Find(PredictRole::kFaceDetection, "buffalo_l").status()));
  EXPECT_TRUE(Find(PredictRole::kFaceDetection, "buffalo_l", "v2").ok());
}

TEST_F(ImmichFolderTest, AChangedFileIsAnotherModel) {
  Write("facial-recognition/buffalo_l/detection/model.onnx", "weights");
  const Sha256Digest before = Find(PredictRole::kFaceDetection, "buffalo_l")->sha256;
  EXPECT_EQ(Find(PredictRole::kFaceDetection, "buffalo_l")->sha256, before);
  Write("facial-recognition/buffalo_l/detection/model.onnx", "more weights");
  EXPECT_NE(Find(PredictRole::kFaceDetection, "buffalo_l")->sha256, before);
}

TEST_F(ImmichFolderTest, NamesDoNotLeaveTheFolder) {
  Write("facial-recognition/detection/model.onnx", "weights");
  Write("clip/M/detection/model.onnx", "weights");
  for (const std::string& name :
       std::vector<std::string>{"", ".", "..", "../clip/M", "/etc", "x/../../clip/M", std::string("buffalo_l\0", 10)}) {
    EXPECT_TRUE(absl::IsNotFound(Find(PredictRole::kFaceDetection, name).status())) << name;
  }
}

TEST_F(ImmichFolderTest, TheMessageSaysHowToInstallAModel) {
  const TestApp app;
  const auto message = [&](PredictRole role, const std::string& name, const ImmichModelFolder& folder) {
    const Status status = FindPredictModel(*app, folder, {.role = role, .name = name}).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    return Message(status);
  };
  EXPECT_THAT(message(PredictRole::kFaceDetection, "buffalo_l", {}), HasSubstr("run: calotype models pull standard"));
  EXPECT_THAT(message(PredictRole::kImageEmbedding, "ViT-B-32__openai", {}),
              HasSubstr("set MACHINE_LEARNING_CACHE_FOLDER to the cache of Immich's machine-learning service, with the "
                        "file clip/ViT-B-32__openai/visual/model.onnx in it"));
  EXPECT_THAT(message(PredictRole::kImageEmbedding, "ViT-B-32__openai", {.path = folder_.path()}),
              HasSubstr(folder_.path().string() + " has no clip/ViT-B-32__openai/visual/model.onnx"));
  EXPECT_THAT(message(PredictRole::kTextEmbedding, "nllb-clip-base-siglip__v1", {}), HasSubstr("is not supported"));
  Write("clip/M/textual/model.onnx", "weights");
  EXPECT_THAT(message(PredictRole::kTextEmbedding, "M", {.path = folder_.path()}), HasSubstr("config.json"));
}

// Without a test, a model would run on the CPU only.
TEST_F(ImmichFolderTest, ModelsHaveATestForDevices) {
  const TestApp app;
  Write("facial-recognition/buffalo_l/detection/model.onnx", "weights");
  Write("clip/M/textual/model.onnx", "weights");
  Write("clip/M/config.json", "{}");
  const StatusOr<ModelSpec> faces =
      FindPredictModel(*app, {.path = folder_.path()}, {.role = PredictRole::kFaceDetection, .name = "buffalo_l"});
  ASSERT_TRUE(faces.ok()) << faces.status();
  EXPECT_TRUE(fs::exists(faces->self_test.value().photo));
  EXPECT_TRUE(fs::exists(faces->self_test->more_photos.at(0)));
  EXPECT_FALSE(faces->self_test->expect_faces) << "another model may find other faces";
  const StatusOr<ModelSpec> text =
      FindPredictModel(*app, {.path = folder_.path()}, {.role = PredictRole::kTextEmbedding, .name = "M"});
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_NE(text->self_test.value().text, "");
  EXPECT_TRUE(text->self_test->photo.empty());
}

TEST_F(ImmichFolderTest, CropsAsImmichDoes) {
  const TestApp app;
  Write("clip/M/visual/model.onnx", "weights");
  const StatusOr<ModelSpec> model =
      FindPredictModel(*app, {.path = folder_.path()}, {.role = PredictRole::kImageEmbedding, .name = "M"});
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(*model->params.Text("crop_rounding"), "down");
}

}  // namespace
}  // namespace calotype
