#include "models/pack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

const std::string kModel = std::string(R"(
[[model]]
name = "finder"
task = "objects"
family = "centernet"
file = "finder.onnx"
sha256 = ")") + kAbc + R"("
bytes = 3
licence = "MIT"
[model.params]
input_size = 512
score_threshold = 0.5
labels = "labels.txt"
mean = [0.5, 0.5, 1]
dilation = true
[model.self_test]
photo = "self_test/cat.jpg"
expect_labels = ["cat"]
expect_vector = [0.5, -1]
)";

class PackTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_ / "starter"); }
  void TearDown() override { fs::remove_all(folder_); }

  StatusOr<Pack> Load(const std::string& manifest) const {
    std::ofstream(folder_ / "starter" / kManifestName) << manifest;
    return LoadPack(folder_ / "starter");
  }

  const fs::path folder_ = fs::temp_directory_path() / ("calotype_pack_test_" + std::to_string(getpid()));
};

TEST_F(PackTest, ReadsAManifest) {
  const StatusOr<Pack> pack = Load("format = 1\nname = \"starter\"\nsummary = \"s\"\n" + kModel);
  ASSERT_TRUE(pack.ok()) << pack.status();
  const ModelSpec* const model = pack->Find("objects");
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(pack->Find("faces.detect"), nullptr);
  EXPECT_EQ(model->path, folder_ / "starter" / "finder.onnx");
  EXPECT_EQ(model->VersionTag(), "finder-ba7816bf");
  EXPECT_EQ(*model->params.Int("input_size"), 512);
  EXPECT_EQ(*model->params.Double("input_size"), 512.0);
  EXPECT_EQ(*model->params.Double("score_threshold"), 0.5);
  EXPECT_TRUE(*model->params.Bool("dilation"));
  EXPECT_EQ(*model->params.Text("labels"), "labels.txt");
  EXPECT_THAT(*model->params.Floats("mean", 3), ElementsAre(0.5F, 0.5F, 1.0F));
  ASSERT_TRUE(model->self_test.has_value());
  EXPECT_EQ(model->self_test->photo, folder_ / "starter" / "self_test/cat.jpg");
  EXPECT_THAT(model->self_test->expect_vector, ElementsAre(0.5F, -1.0F));
}

TEST_F(PackTest, ErrorsNameTheParameter) {
  const StatusOr<Pack> pack = Load("format = 1\nname = \"starter\"\n" + kModel);
  ASSERT_TRUE(pack.ok());
  const ModelParams& params = pack->models[0].params;
  EXPECT_EQ(Message(params.Int("nothing").status()),
            "model finder: params.nothing is missing or of another type; it must be a whole number");
  EXPECT_FALSE(params.Int("score_threshold").ok());
  EXPECT_FALSE(params.Text("input_size").ok());
  EXPECT_THAT(Message(params.Floats("mean", 2).status()), HasSubstr("an array of 2 numbers"));
}

TEST_F(PackTest, ParamsMayHaveDefaults) {
  const StatusOr<Pack> pack = Load("format = 1\nname = \"starter\"\n" + kModel);
  ASSERT_TRUE(pack.ok());
  const ModelParams& params = pack->models[0].params;
  EXPECT_EQ(*params.IntOr("input_size", 3), 512);
  EXPECT_EQ(*params.IntOr("nothing", 3), 3);
  EXPECT_EQ(*params.DoubleOr("nothing", 0.25), 0.25);
  EXPECT_TRUE(*params.BoolOr("dilation", false));
  EXPECT_TRUE(*params.BoolOr("nothing", true));
  EXPECT_EQ(*params.TextOr("nothing", "text"), "text");
  const float grey[] = {1, 2, 3};
  EXPECT_THAT(*params.FloatsOr("nothing", grey), ElementsAre(1, 2, 3));
  EXPECT_THAT(*params.FloatsOr("mean", grey), ElementsAre(0.5F, 0.5F, 1.0F));
  // Existing values must still have the right type.
  EXPECT_FALSE(params.IntOr("labels", 3).ok());
  EXPECT_FALSE(params.DoubleOr("labels", 3).ok());
  EXPECT_FALSE(params.BoolOr("labels", true).ok());
  EXPECT_FALSE(params.TextOr("mean", "text").ok());
  EXPECT_FALSE(params.FloatsOr("mean", std::span(grey).first(2)).ok());
}

struct WrongCase {
  std::string manifest;
  const char* message;
};

TEST_F(PackTest, WrongManifestsNameFileLineAndKey) {
  const std::string head = "format = 1\nname = \"starter\"\n";
  const auto without = [](std::string text, const std::string& line) {
    return text.replace(text.find(line), line.size(), "");
  };
  const WrongCase cases[] = {
      {"format = 2\nname = \"starter\"\n", ":1: the manifest has format 2; this version of Calotype reads format 1"},
      {"name = \"starter\"\n", "'format' is missing"},
      {head + without(kModel, "task = \"objects\""), "model finder: 'task' is missing or of another type"},
      {head + without(kModel, kAbc), "is not a SHA-256"},
      {head + without(kModel, "photo = \"self_test/cat.jpg\""), "a self-test needs either a photo or a text"},
      {head + kModel + kModel, "two models have the name 'finder'"},
      {head + "model = [1]\n", "each 'model' must be a table"},
      {head + "[[model]\n", ":3: "},
  };
  for (const WrongCase& wrong : cases) {
    const StatusOr<Pack> pack = Load(wrong.manifest);
    EXPECT_TRUE(absl::IsInvalidArgument(pack.status())) << wrong.message;
    EXPECT_THAT(Message(pack.status()), HasSubstr(wrong.message));
    EXPECT_THAT(Message(pack.status()), HasSubstr("pack.toml"));
  }
}

TEST_F(PackTest, ModelsHaveTheNamesThatPeopleKnow) {
  const auto title = [](std::string task, std::string family) {
    ModelSpec spec;
    spec.task = std::move(task);
    spec.family = std::move(family);
    return spec.Title();
  };
  EXPECT_EQ(title("faces.detect", "scrfd"), "InsightFace detection");
  EXPECT_EQ(title("ocr.recognise", "ctc"), "PaddleOCR recognition");
  EXPECT_EQ(title("embed.image", "clip"), "CLIP image encoder");
  EXPECT_EQ(title("objects", "a-new-one"), "a-new-one object detection");
}

TEST_F(PackTest, ListsInstalledPacks) {
  ASSERT_TRUE(Load("format = 1\nname = \"starter\"\n" + kModel).ok());
  fs::create_directories(folder_ / "broken");
  std::ofstream(folder_ / "broken" / kManifestName) << "nonsense";
  fs::create_directories(folder_ / "no-pack");
  const auto packs = ListPacks(folder_);
  ASSERT_EQ(packs.size(), 2U);
  EXPECT_EQ(packs[0].name, "broken");
  EXPECT_FALSE(packs[0].pack.ok());
  EXPECT_TRUE(packs[1].pack.ok());
  EXPECT_TRUE(ListPacks(folder_ / "nothing").empty());
}

TEST_F(PackTest, VerifiesSizeAndHash) {
  const StatusOr<Pack> pack = Load("format = 1\nname = \"starter\"\n" + kModel);
  const ModelSpec& model = pack->models[0];
  EXPECT_TRUE(absl::IsNotFound(VerifyModel(model, false)));
  std::ofstream(model.path) << "abcd";
  EXPECT_THAT(Message(VerifyModel(model, false)), HasSubstr("has 4 bytes; its manifest says 3"));
  std::ofstream(model.path) << "abd";
  EXPECT_TRUE(VerifyModel(model, false).ok());
  EXPECT_TRUE(absl::IsDataLoss(VerifyModel(model, true)));
  std::ofstream(model.path) << "abc";
  EXPECT_TRUE(VerifyModel(model, true).ok());
}

// Each field of a manifest that names a file.
TEST_F(PackTest, NoFieldLeadsOutOfThePack) {
  struct Field {
    const char* written;
    const char* hostile;
  };
  const std::string extra = kModel + "[[model.extra_files]]\npath = \"labels.txt\"\nsha256 = \"" + kAbc + "\"\n";
  for (const std::string outside : {"../secret", "/etc/passwd", "a/../../secret", "."}) {
    for (const Field& field :
         {Field{"file = \"finder.onnx\"", "file = \"%\""}, Field{"photo = \"self_test/cat.jpg\"", "photo = \"%\""},
          Field{"photo = \"self_test/cat.jpg\"", "photo = \"cat.jpg\"\nmore_photos = [\"%\"]"},
          Field{"path = \"labels.txt\"", "path = \"%\""}}) {
      SCOPED_TRACE(testing::Message() << field.hostile << " " << outside);
      std::string manifest = "format = 1\nname = \"starter\"\n" + extra;
      std::string hostile = field.hostile;
      hostile.replace(hostile.find('%'), 1, outside);
      const std::size_t at = manifest.find(field.written);
      ASSERT_NE(at, std::string::npos);
      manifest.replace(at, std::string(field.written).size(), hostile);
      EXPECT_THAT(Message(Load(manifest).status()), HasSubstr("must be a file below the pack's folder"));
    }
  }
}

TEST_F(PackTest, NoLinkLeadsOutOfThePack) {
  const std::string manifest = "format = 1\nname = \"starter\"\n" + kModel;
  std::ofstream(folder_ / "secret") << "abc";
  const fs::path pack = folder_ / "starter";
  std::ofstream(pack / "inside") << "abc";
  fs::create_symlink("inside", pack / "link");
  EXPECT_TRUE(Load(manifest).ok()) << "a link within the pack";
  fs::create_directories(pack / "self_test");
  for (const char* const name : {"finder.onnx", "labels.txt", "self_test/cat.jpg", "tokenizer_config.json"}) {
    SCOPED_TRACE(name);
    fs::create_symlink(folder_ / "secret", pack / name);
    EXPECT_THAT(Message(Load(manifest).status()), HasSubstr(std::string(name) + " is a link out of the pack's folder"));
    fs::remove(pack / name);
  }
  fs::create_directory_symlink(pack, folder_ / "elsewhere");
  EXPECT_TRUE(LoadPack(folder_ / "elsewhere").ok()) << "the folder itself may be a link";
}

TEST_F(PackTest, TextIsSafeToPrint) {
  std::string manifest = "format = 1\nname = \"starter\"\nsummary = \"a\\u001b[31mb\"\n" + kModel;
  const std::string licence = "licence = \"MIT\"";
  manifest.replace(manifest.find(licence), licence.size(),
                   "licence = \"M\\u0007IT\"\nlicence_terms = \"one\\ntwo\\u202e\"\nnotice = \"\\u009b2J\"");
  const StatusOr<Pack> pack = Load(manifest);
  ASSERT_TRUE(pack.ok()) << pack.status();
  EXPECT_EQ(pack->summary, "a?[31mb");
  EXPECT_EQ(pack->models[0].licence, "M?IT");
  EXPECT_EQ(pack->models[0].licence_terms, "one\ntwo?");
  EXPECT_EQ(pack->models[0].notice, "?2J");
  const std::string name = "name = \"finder\"";
  manifest.replace(manifest.find(name), name.size(), "name = \"fin\\u001bder\"");
  EXPECT_THAT(Message(Load(manifest).status()), HasSubstr("'fin?der' is not a name"));
}

}  // namespace
}  // namespace calotype
