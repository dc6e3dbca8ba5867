#include "analysis/embed/wordpiece.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file.h"
#include "base/source_dir.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::filesystem::path kTestdata = SourceDir() / "src/analysis/embed/testdata";

// tools/parity/tokenizer/make_golden.py makes the golden file with Hugging Face's tokenizers.
TEST(WordPieceTest, GivesTheIdsOfTokenizers) {
  const StatusOr<std::string> text = ReadTextFile(kTestdata / "wordpiece_golden.json");
  ASSERT_TRUE(text.ok()) << text.status();
  const nlohmann::json golden = nlohmann::json::parse(*text);
  const auto tokenizer =
      WordPieceTokenizer::Load(kTestdata / "vocab.txt", {.lower_case = true, .max_tokens = golden["max_tokens"]});
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_GE(golden["cases"].size(), 500U);
  for (const nlohmann::json& golden_case : golden["cases"]) {
    EXPECT_EQ(tokenizer->Encode(golden_case["text"].get<std::string>()), golden_case["ids"].get<std::vector<int64_t>>())
        << golden_case["text"];
  }
}

constexpr std::string_view kVocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nun\n##aff\n##able\nUn\n\xC3\xA9\ne\n,\n";

WordPieceTokenizer Small(const WordPieceOptions& options = {}) {
  return WordPieceTokenizer::Create(kVocabulary, options).value();
}

TEST(WordPieceTest, TakesTheLongestPieceFirst) {
  EXPECT_THAT(Small().Encode("unaffable"), ElementsAre(2, 4, 5, 6, 3));
  EXPECT_THAT(Small().Encode("unaffables"), ElementsAre(2, 1, 3));
}

TEST(WordPieceTest, TruncatesAtATokenAndKeepsTheEndToken) {
  EXPECT_THAT(Small({.max_tokens = 2}).Encode("un un"), ElementsAre(2, 3));
  EXPECT_THAT(Small({.max_tokens = 4}).Encode("unaffable"), ElementsAre(2, 4, 5, 3));
  EXPECT_THAT(Small({.max_tokens = 5}).Encode("unaffable"), ElementsAre(2, 4, 5, 6, 3));
}

TEST(WordPieceTest, CasedVocabulariesKeepCaseAndAccents) {
  EXPECT_THAT(Small({.lower_case = false}).Encode("Un \xC3\xA9"), ElementsAre(2, 7, 8, 3));
  EXPECT_THAT(Small().Encode("Un \xC3\xA9"), ElementsAre(2, 4, 9, 3));
}

TEST(WordPieceTest, DropsBytesThatAreNotUtf8) {
  const std::string cases[] = {"un\xFF", "\x80un", "u\xC3n", "un\xF0\x9F\x98", "\xED\xA0\x80un", "un\xC0\x80"};
  for (const std::string& text : cases) {
    EXPECT_THAT(Small().Encode(text), ElementsAre(2, 4, 3)) << testing::PrintToString(text);
  }
}

TEST(WordPieceTest, SpecialTokensInTextArePlainText) {
  EXPECT_THAT(Small().Encode("[SEP]"), ElementsAre(2, 1, 1, 1, 3));
}

TEST(WordPieceTest, IgnoresTextBeyondTheLimit) {
  EXPECT_THAT(Small().Encode(std::string(1 << 20, 'u')), ElementsAre(2, 1, 3));
  EXPECT_EQ(Small({.max_tokens = 16}).Encode(std::string(1 << 20, ',')).size(), 16U);
}

TEST(WordPieceTest, ReadsWindowsLineEnds) {
  const auto tokenizer = WordPieceTokenizer::Create("[UNK]\r\n[CLS]\r\n[SEP]\r\nun", {});
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_THAT(tokenizer->Encode("un"), ElementsAre(1, 3, 2));
}

TEST(WordPieceTest, RefusesFilesThatAreNotAVocabulary) {
  EXPECT_THAT(Message(WordPieceTokenizer::Create("a\nb\n", {}).status()), HasSubstr("none of its 2 lines is [UNK]"));
  EXPECT_THAT(Message(WordPieceTokenizer::Create(kVocabulary, {.max_tokens = 1}).status()),
              HasSubstr("max_tokens is 1"));
  const auto missing = WordPieceTokenizer::Load("/nowhere/vocab.txt", {});
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(missing.status()), HasSubstr("/nowhere/vocab.txt"));
}

}  // namespace
}  // namespace calotype
