#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TensorInfo Ids(const std::string& name) { return {.name = name, .type = ElementType::kInt64, .shape = {-1, -1}}; }

class TextEncoderTest : public testing::Test {
 protected:
  TextEncoderTest() {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "vocab.txt") << "[PAD]\n[UNK]\n[CLS]\n[SEP]\ncat\n";
    spec_.name = "minilm";
    spec_.family = "bert";
    spec_.path = folder_ / "text.onnx";
    spec_.folder = folder_;
    SetParams({});
    model_ = {.inputs = {Ids("attention_mask"), Ids("token_type_ids"), Ids("input_ids")},
              .outputs = {{.name = "last_hidden_state", .type = ElementType::kFloat32, .shape = {}},
                          {.name = "text_embedding", .type = ElementType::kFloat32, .shape = {}}},
              .metadata = {},
              .run = [this](std::span<const Tensor> inputs) -> StatusOr<std::vector<Tensor>> {
                seen_.assign(inputs.begin(), inputs.end());
                return std::vector<Tensor>{FloatTensor({1, 1}, std::vector<float>{9}),
                                           FloatTensor({1, 2}, std::vector<float>{-.6F, .8F})};
              }};
  }

  void SetParams(const std::map<std::string, ModelParams::Value>& changed) {
    std::map<std::string, ModelParams::Value> params = {
        {"vocab", std::string("vocab.txt")}, {"max_tokens", int64_t{4}},      {"lower_case", true},
        {"dimension", int64_t{2}},           {"space", std::string("words")}, {"confident_score", .53}};
    for (const auto& [key, value] : changed) {
      params[key] = value;
    }
    spec_.params = ModelParams("minilm", params);
  }

  // Uses one of the tokenizers in testdata and only the required parameters.
  void UseContrastive(const std::string& family, const std::string& tokenizer) {
    spec_.family = family;
    spec_.folder = SourceDir() / "src/analysis/embed/testdata/tokenizers";
    spec_.params = ModelParams("test", {{"tokenizer", tokenizer}, {"space", std::string("words")}});
  }

  StatusOr<std::vector<float>> Encode(std::string_view text) {
    const auto engine = std::make_shared<FakeEngine>(std::map<std::string, FakeModel>{{"text.onnx", model_}});
    encoder_.reset();
    cache_ = std::make_unique<ModelCache>(engine, SessionOptions{});
    CALOTYPE_ASSIGN_OR_RETURN(encoder_, CreateTextEncoder(spec_, *cache_));
    return encoder_->Encode(text);
  }

  std::vector<int64_t> Seen(std::size_t input) const {
    const auto values = seen_.at(input).data<int64_t>();
    return {values.begin(), values.end()};
  }

  const StatusOr<TemporaryFolder> temporary_ = TemporaryFolder::Create();
  const std::filesystem::path folder_ = temporary_->path();
  ModelSpec spec_;
  FakeModel model_;
  std::vector<Tensor> seen_;
  std::unique_ptr<ModelCache> cache_;
  std::unique_ptr<TextEncoder> encoder_;
};

TEST_F(TextEncoderTest, FeedsInputsByName) {
  const auto vector = Encode("Cat!");
  ASSERT_TRUE(vector.ok()) << vector.status();
  EXPECT_THAT(*vector, ElementsAre(FloatNear(-.6F, 1e-6F), FloatNear(.8F, 1e-6F)));
  ASSERT_EQ(seen_.size(), 3U);
  EXPECT_EQ(seen_[0].shape(), (std::vector<int64_t>{1, 4}));
  EXPECT_THAT(Seen(0), ElementsAre(1, 1, 1, 1));
  EXPECT_THAT(Seen(1), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(Seen(2), ElementsAre(2, 4, 1, 3));
  EXPECT_EQ(encoder_->space(), "words");
  EXPECT_FLOAT_EQ(encoder_->confident_score(), .53F);
}

TEST_F(TextEncoderTest, TextOfAnyLengthFits) {
  ASSERT_TRUE(Encode("").ok());
  EXPECT_THAT(Seen(2), ElementsAre(2, 3));
  ASSERT_TRUE(Encode("cat cat cat cat").ok());
  EXPECT_THAT(Seen(2), ElementsAre(2, 4, 4, 3));
}

TEST_F(TextEncoderTest, AGraphMayLackOptionalInputs) {
  model_.inputs = {Ids("input_ids")};
  ASSERT_TRUE(Encode("cat").ok());
  EXPECT_THAT(Seen(0), ElementsAre(2, 4, 3));
}

TEST_F(TextEncoderTest, ErrorsNameWhatIsWrongWithTheGraph) {
  const FakeModel kept = model_;
  model_.inputs.pop_back();
  EXPECT_THAT(Message(Encode("cat").status()),
              HasSubstr("no input input_ids or text; it has attention_mask, token_type_ids"));
  model_ = kept;
  model_.inputs[1].name = "position_ids";
  EXPECT_THAT(Message(Encode("cat").status()), HasSubstr("unknown input position_ids"));
  model_ = kept;
  model_.inputs[0].type = ElementType::kFloat32;
  EXPECT_THAT(Message(Encode("cat").status()), HasSubstr("attention_mask is float32; expected int64 or int32"));
  model_ = kept;
  model_.outputs[1].name = "pooled";
  EXPECT_THAT(Message(Encode("cat").status()), HasSubstr("no output text_embedding"));
  model_ = kept;
  SetParams({{"dimension", int64_t{384}}});
  EXPECT_THAT(Message(Encode("cat").status()), HasSubstr("one row of 384 float32 numbers (params.dimension)"));
}

// CLIP's tokenizer has 0 and 1 as start and end token; rows have the length of the graph's input.
TEST_F(TextEncoderTest, ClipFillsARowOfFixedLength) {
  UseContrastive("clip", "clip.json");
  model_.inputs = {{.name = "text", .type = ElementType::kInt32, .shape = {-1, 8}}};
  ASSERT_TRUE(Encode("a").ok());
  const auto ids = seen_.at(0).data<int32_t>();
  ASSERT_EQ(ids.size(), 8U);
  EXPECT_EQ(ids[0], 0);
  EXPECT_THAT(std::vector<int32_t>(ids.begin() + 2, ids.end()), testing::Each(1));
  EXPECT_FLOAT_EQ(encoder_->confident_score(), .25F);
  ASSERT_TRUE(Encode("a b c d e f g h i j k").ok());
  EXPECT_EQ(seen_.at(0).data<int32_t>()[7], 1);
  EXPECT_NE(seen_.at(0).data<int32_t>()[6], 1);
}

TEST_F(TextEncoderTest, GraphsWithBothEncodersGetAnImage) {
  UseContrastive("clip", "clip.json");
  model_.inputs = {Ids("input_ids"),
                   Ids("attention_mask"),
                   {.name = "pixel_values", .type = ElementType::kFloat32, .shape = {-1, 3, 6, 6}}};
  ASSERT_TRUE(Encode("a").ok());
  EXPECT_EQ(seen_.at(2).shape(), (std::vector<int64_t>{1, 3, 6, 6}));
  EXPECT_THAT(Seen(1), testing::Each(1));
}

TEST_F(TextEncoderTest, SiglipReadsItsPadding) {
  UseContrastive("siglip", "siglip.json");
  model_.inputs = {Ids("input_ids"), Ids("attention_mask")};
  EXPECT_THAT(Message(Encode("cat").status()), HasSubstr("set pad_id"));
  SetParams({{"vocab", std::string("siglip.json")}, {"max_tokens", int64_t{9}}, {"pad_id", int64_t{1}}});
  ASSERT_TRUE(Encode("Cat!").ok());
  EXPECT_EQ(Seen(0).size(), 9U);
  EXPECT_EQ(Seen(0).back(), 1);
  EXPECT_THAT(Seen(1), testing::Each(1));
  const std::vector<int64_t> plain = Seen(0);
  ASSERT_TRUE(Encode("cat").ok());
  EXPECT_EQ(Seen(0), plain);
}

TEST_F(TextEncoderTest, RunsTheSelfTest) {
  spec_.self_test = SelfTestSpec{};
  spec_.self_test->text = "cat";
  spec_.self_test->expect_vector = {-.6F, .8F};
  EXPECT_TRUE(Encode("dog").ok());
  spec_.self_test->expect_vector = {.6F, .8F};
  EXPECT_THAT(Message(Encode("dog").status()), HasSubstr("expected component 0"));
}

TEST_F(TextEncoderTest, RefusesUnknownFamiliesAndParameters) {
  SetParams({{"vocab", std::string("/etc/vocab.txt")}});
  EXPECT_THAT(Message(Encode("cat").status()), HasSubstr("model minilm: vocab is \"/etc/vocab.txt\""));
  SetParams({{"vocab", std::string("none.txt")}});
  EXPECT_EQ(Encode("cat").status().code(), absl::StatusCode::kNotFound);
  SetParams({{"max_tokens", int64_t{0}}});
  EXPECT_THAT(Message(Encode("cat").status()), HasSubstr("max_tokens is 0"));
  SetParams({});
  spec_.family = "gpt";
  EXPECT_THAT(Message(Encode("cat").status()),
              HasSubstr("unknown family gpt for text embeddings; known: bert, clip, siglip"));
}

}  // namespace
}  // namespace calotype
