#include "analysis/embed/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "analysis/embed/charsmap.h"
#include "analysis/embed/pattern.h"
#include "analysis/embed/step_tokenizer.h"
#include "analysis/embed/tokenizer_json.h"
#include "base/source_dir.h"

namespace calotype {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::filesystem::path kTokenizers = SourceDir() / "src/analysis/embed/testdata/tokenizers";

std::unique_ptr<Tokenizer> Load(const std::string& file, const TokenizerOptions& options = {}) {
  return LoadTokenizer(kTokenizers / file, options).value();
}

// A tokenizer.json with few pieces; `changed` replaces or adds members.
std::string Json(const std::map<std::string, std::string>& changed = {}) {
  std::map<std::string, std::string> members = {
      {"model", R"({"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "?": 3}, "merges": ["a b"], "unk_token": "?"})"},
      {"normalizer", "null"},
      {"pre_tokenizer", R"({"type": "WhitespaceSplit"})"},
      {"post_processor", "null"},
      {"added_tokens", "[]"}};
  for (const auto& [key, value] : changed) {
    members[key] = value;
  }
  std::string json;
  for (const auto& [key, value] : members) {
    json += json.empty() ? "{\"" : ", \"";
    json.append(key).append("\": ").append(value);
  }
  return json + "}";
}

std::vector<int64_t> Encode(const std::string& json, std::string_view text) {
  return ReadTokenizerJson(json, "", {}).value()->Encode(text);
}

TEST(TokenizerTest, AppliesTheLearnedMerges) {
  EXPECT_THAT(Encode(Json(), "ab ba abab"), ElementsAre(2, 1, 0, 2, 2));
  EXPECT_THAT(Encode(Json(), "axyb"), ElementsAre(0, 3, 3, 1));
  EXPECT_THAT(Encode(Json(), ""), ElementsAre());
}

TEST(TokenizerTest, TruncatesBeforeTheEndToken) {
  const auto tokenizer = Load("clip/vocab.json", {.max_tokens = 5});
  const std::vector<int64_t> ids = tokenizer->Encode("a b c d e f g h");
  ASSERT_EQ(ids.size(), 5U);
  EXPECT_EQ(ids.front(), 0);
  EXPECT_EQ(ids.back(), 1);
  EXPECT_THAT(Load("clip/vocab.json", {.max_tokens = 2})->Encode("a"), ElementsAre(0, 1));
}

TEST(TokenizerTest, SpecialTokensInTextArePlainText) {
  EXPECT_EQ(Load("clip.json")->Encode("<|endoftext|>"), Load("clip/vocab.json")->Encode("<|endoftext|>"));
  EXPECT_GT(Load("clip.json")->Encode("<|endoftext|>").size(), 4U);
  const std::string special = R"([{"id": 9, "content": "ab", "special": true}])";
  EXPECT_THAT(Encode(Json({{"added_tokens", special}}), "ab"), ElementsAre(2));
  const std::string plain = R"([{"id": 9, "content": "ab", "special": false}, {"id": 8, "content": "abb"}])";
  EXPECT_THAT(Encode(Json({{"added_tokens", plain}}), "abbabaab"), ElementsAre(8, 9, 0, 9));
}

TEST(TokenizerTest, PaddingComesFromTheFiles) {
  EXPECT_EQ(Load("clip/vocab.json")->padding_id(), 1);
  EXPECT_EQ(Load("../vocab.txt")->padding_id(), 0);
  EXPECT_EQ(Load("siglip.json")->padding_id(), std::nullopt);
  const auto with = [](const std::string& settings) {
    return ReadTokenizerJson(Json({{"added_tokens", R"([{"id": 7, "content": "<pad>", "special": true}])"}}), settings,
                             {})
        .value()
        ->padding_id();
  };
  EXPECT_EQ(with(R"({"pad_token": "<pad>"})"), 7);
  EXPECT_EQ(with(R"({"pad_token": {"content": "?"}})"), 3);
  EXPECT_EQ(with(R"({"pad_token": null})"), std::nullopt);
}

TEST(TokenizerTest, IgnoresTextBeyondTheLimit) {
  for (const std::string file : {"clip.json", "siglip.json", "gemma.json", "gpt2.json"}) {
    EXPECT_EQ(Load(file, {.max_tokens = 16})->Encode(std::string(1 << 20, 'q') + "\xFF").size(), 16U) << file;
  }
}

TEST(TokenizerTest, ErrorsNameWhatIsNotSupported) {
  const std::map<std::string, std::map<std::string, std::string>> cases = {
      {"the normalizer Rot13 is not supported", {{"normalizer", R"({"type": "Rot13"})"}}},
      {"the pre_tokenizer Digits", {{"pre_tokenizer", R"({"type": "Digits"})"}}},
      {"the post_processor X", {{"post_processor", R"({"type": "X"})"}}},
      {"the model WordLevel is not supported", {{"model", R"({"type": "WordLevel", "vocab": {}})"}}},
      {"continuing_subword_prefix",
       {{"model", R"({"type": "BPE", "vocab": {}, "merges": [], "continuing_subword_prefix": "##"})"}}},
      {"\"a c\" is not in the vocabulary", {{"model", R"({"type": "BPE", "vocab": {"a": 0}, "merges": ["a c"]})"}}},
      {"has the invalid id -1", {{"model", R"({"type": "BPE", "vocab": {"a": -1}, "merges": []})"}}},
      {"unk_id is 5", {{"model", R"({"type": "Unigram", "vocab": [["a", -1.0]], "unk_id": 5})"}}},
      {"not base64", {{"normalizer", R"({"type": "Precompiled", "precompiled_charsmap": "!"})"}}},
      {"regular expression (a|b)*",
       {{"normalizer", R"({"type": "Replace", "pattern": {"Regex": "(a|b)*"}, "content": ""})"}}},
      {"lstrip", {{"added_tokens", R"([{"id": 9, "content": "x", "lstrip": true}])"}}},
      {"key 'type' not found", {{"normalizer", "{}"}}}};
  for (const auto& [message, changed] : cases) {
    EXPECT_THAT(Message(ReadTokenizerJson(Json(changed), "", {}).status()), HasSubstr(message));
  }
  EXPECT_THAT(Message(ReadTokenizerJson("[]", "", {}).status()), HasSubstr("not a tokenizer"));
  EXPECT_THAT(Message(ReadClipTokenizer(R"({"a": 0})", "", "", {}).status()), HasSubstr("not CLIP's vocabulary"));
  const std::map<std::string, std::string> vocabularies = {{R"(["a"])", "expected an object from pieces to ids"},
                                                           {R"({"a": "0"})", "the id of piece \"a\" is not a number"},
                                                           {R"({"a": {"b": 1}})", "piece \"a\""},
                                                           {R"({"a": -1})", "piece \"a\" has the invalid id -1"},
                                                           {R"({"a": 2000000000})", "has the invalid id 2000000"},
                                                           {R"({"a": 0)", "parse error"},
                                                           {"5", "expected an object from pieces to ids"},
                                                           {R"({"a": 18446744073709551615})", "the id of piece \"a\""}};
  for (const auto& [json, reason] : vocabularies) {
    const Status status = ReadClipTokenizer(json, "", "", {}).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << json;
    EXPECT_THAT(Message(status), HasSubstr(reason)) << json;
  }
  EXPECT_THAT(Message(LoadTokenizer("/nowhere/spiece.model", {}).status()),
              HasSubstr("spiece.model is not a tokenizer"));
  EXPECT_EQ(LoadTokenizer("/nowhere/tokenizer.json", {}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(LoadTokenizer(kTokenizers / "clip.json", {.max_tokens = 1}).status()),
              HasSubstr("max_tokens is 1"));
}

TEST(CanonicalTest, EqualsSiglip) {
  EXPECT_EQ(Canonical("  A Photo,\tof_a \n\xC3\x89t\xC3\xA9! "), "a photo ofa \xC3\xA9t\xC3\xA9");
  EXPECT_EQ(Canonical("..."), "");
}

TEST(PatternTest, SupportsSetsOfCharacters) {
  const Pattern set = PatternFor(R"([!-/\]x])").value();
  EXPECT_EQ(ReplaceAll("a!]x-b", set, "_"), "a____b");
  const Pattern run = PatternFor("[a-c]+").value();
  EXPECT_EQ(ReplaceAll("abcxcab", run, "_"), "_x_");
  for (const std::string regex : {"[^a]", "[\\w]", "[\xC3\xA9]", "[]", "[b-a]", "x"}) {
    EXPECT_FALSE(PatternFor(regex).ok()) << regex;
  }
}

std::vector<std::string> Split(const SplitStep& step, const std::string& text) {
  std::vector<std::string> parts;
  for (const Word& word : step({.text = text, .at_start = true})) {
    parts.push_back(word.text);
  }
  return parts;
}

TEST(SplitAtTest, AppliesEachBehaviour) {
  const auto split = [](SplitBehaviour behaviour, bool invert = false) {
    return Split(SplitAt(Literal("-"), behaviour, invert), "a--b-c-");
  };
  EXPECT_THAT(split(SplitBehaviour::kRemoved), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split(SplitBehaviour::kRemoved, true), ElementsAre("-", "-", "-", "-"));
  EXPECT_THAT(split(SplitBehaviour::kIsolated), ElementsAre("a", "-", "-", "b", "-", "c", "-"));
  EXPECT_THAT(split(SplitBehaviour::kMergedWithPrevious), ElementsAre("a-", "-", "b-", "c-"));
  EXPECT_THAT(split(SplitBehaviour::kMergedWithNext), ElementsAre("a", "-", "-b", "-c", "-"));
  EXPECT_THAT(split(SplitBehaviour::kContiguous), ElementsAre("a", "--", "b", "-", "c", "-"));
}

TEST(MetaspaceTest, PrependsAsConfigured) {
  using Prepend = MetaspaceOptions::Prepend;
  const auto split = [](Prepend prepend, bool at_start) {
    return Metaspace({.replacement = "_", .prepend = prepend, .split = false})({.text = "a b", .at_start = at_start})[0]
        .text;
  };
  EXPECT_EQ(split(Prepend::kAlways, false), "_a_b");
  EXPECT_EQ(split(Prepend::kFirst, true), "_a_b");
  EXPECT_EQ(split(Prepend::kFirst, false), "a_b");
  EXPECT_EQ(split(Prepend::kNever, true), "a_b");
}

TEST(CharsmapTest, RefusesMalformedTables) {
  for (const std::string& table : {std::string(), std::string("\x04\0\0", 3), std::string("\x05\0\0\0aaaaa", 9),
                                   std::string("\x08\0\0\0aaaa", 8), std::string(8, '\0')}) {
    EXPECT_THAT(Message(Charsmap::Create(table).status()), HasSubstr("precompiled_charsmap has"));
  }
  // A trie whose links lead outside of it.
  const Charsmap wild = Charsmap::Create(std::string("\x04\0\0\0\xFF\xFF\xFF\xFF"
                                                     "abc",
                                                     11))
                            .value();
  EXPECT_EQ(wild.Apply("xyz\xC3\xA9"), "xyz\xC3\xA9");
}

}  // namespace
}  // namespace calotype
