#include "analysis/ocr/charset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "analysis/ocr/ctc.h"
#include "base/temporary_folder.h"

namespace calotype {
namespace {

using ::testing::HasSubstr;

// The quoting styles of PaddleOCR's own inference.yml.
constexpr std::string_view kYaml = R"(Global:
  model_name: PP-OCRv5_mobile_rec
PostProcess:
  name: CTCLabelDecode
  character_dict:
  - "\u3000"
  - 一
  - '!'
  - '"'
  - ''''
  - \
  - "\xA0"
  - '#'
  - '0'
  - "\U0001F600"
  - "\"\\"
Other: 1
)";

TEST(CharactersOfYamlTest, ReadsAllQuotingStyles) {
  const StatusOr<std::string> characters = CharactersOfYaml(kYaml);
  ASSERT_TRUE(characters.ok()) << characters.status();
  EXPECT_EQ(*characters, "\xE3\x80\x80\n\xE4\xB8\x80\n!\n\"\n'\n\\\n\xC2\xA0\n#\n0\n\xF0\x9F\x98\x80\n\"\\\n");
}

TEST(CharactersOfYamlTest, RefusesFilesWithoutAList) {
  EXPECT_THAT(Message(CharactersOfYaml("PostProcess:\n  name: x\n").status()),
              HasSubstr("the list character_dict is missing"));
  for (const std::string value : {"\"\\q\"", "'", "\"\\u12\"", "\"\\uzzzz\"", "\"a"}) {
    EXPECT_THAT(Message(CharactersOfYaml("character_dict:\n- a\n- " + value + "\n").status()), HasSubstr("line 3"))
        << value;
  }
}

class ReadCharactersTest : public testing::Test {
 protected:
  ReadCharactersTest() {
    spec_.name = "rec";
    spec_.path = folder_ / "rec.onnx";
    spec_.folder = folder_;
  }

  void Write(const std::string& name, std::string_view text) const { std::ofstream(folder_ / name) << text; }

  const StatusOr<TemporaryFolder> temporary_ = TemporaryFolder::Create();
  const std::filesystem::path folder_ = temporary_->path();
  ModelSpec spec_;
};

TEST_F(ReadCharactersTest, ReturnsNothingWithoutAFile) {
  const auto characters = ReadCharacters(spec_);
  ASSERT_TRUE(characters.ok()) << characters.status();
  EXPECT_FALSE(characters->has_value());
}

TEST_F(ReadCharactersTest, FindsTheListInTheModelsFolder) {
  Write("notes.txt", "no list\n");
  Write("ppocr_keys_v1.txt", "a\nb\n");
  EXPECT_EQ(ReadCharacters(spec_).value(), "a\nb\n");
  Write("inference.yml", "character_dict:\n- c\n");
  EXPECT_EQ(ReadCharacters(spec_).value(), "c\n");
  spec_.params = ModelParams("rec", {{"characters", std::string("ppocr_keys_v1.txt")}});
  EXPECT_EQ(ReadCharacters(spec_).value(), "a\nb\n");
}

TEST_F(ReadCharactersTest, DoesNotGuess) {
  Write("ppocr_keys_v1.txt", "a\n");
  Write("ppocr_keys_v5.txt", "b\n");
  EXPECT_THAT(Message(ReadCharacters(spec_).status()), HasSubstr("2 lists of characters; params.characters"));
  spec_.params = ModelParams("rec", {{"characters", std::string("../keys.txt")}});
  EXPECT_THAT(Message(ReadCharacters(spec_).status()), HasSubstr("../keys.txt"));
  spec_.params = ModelParams("rec", {{"characters", std::string("none.txt")}});
  EXPECT_EQ(ReadCharacters(spec_).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace calotype
