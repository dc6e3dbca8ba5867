// Compares token ids with those of Hugging Face's tokenizers. tools/parity/tokenizer/make_tokenizers.py makes the
// files; CALOTYPE_TOKENIZERS adds a folder with others, such as CLIP's whole vocabulary.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/embed/tokenizer.h"
#include "base/file.h"
#include "base/source_dir.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

fs::path Folder() {
  const char* const other = std::getenv("CALOTYPE_TOKENIZERS");
  return other != nullptr ? fs::path(other) : SourceDir() / "src/analysis/embed/testdata/tokenizers";
}

nlohmann::json ReadJson(const fs::path& file) {
  const StatusOr<std::string> text = ReadTextFile(file);
  EXPECT_TRUE(text.ok()) << text.status();
  return text.ok() ? nlohmann::json::parse(*text) : nlohmann::json();
}

// FNV-1a of the ids, each as four bytes in little-endian order.
std::string Checksum(const std::vector<int64_t>& ids) {
  uint32_t sum = 0x811C9DC5U;
  for (const int64_t id : ids) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
      sum = (sum ^ ((static_cast<uint32_t>(id) >> shift) & 0xFFU)) * 0x01000193U;
    }
  }
  return fmt::format("{:08x}", sum);
}

// The number of `texts` whose tokens equal those in `golden`.
std::size_t Compare(const Tokenizer& tokenizer, const std::vector<std::string>& texts, const nlohmann::json& golden,
                    const std::string& name) {
  const std::string checksums = golden["checksums"];
  std::size_t equal = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::vector<int64_t> ids = tokenizer.Encode(texts[i]);
    const bool same = Checksum(ids) == checksums.substr(i * 8, 8);
    equal += same ? 1 : 0;
    if (i < golden["ids"].size()) {
      EXPECT_EQ(ids, golden["ids"][i].get<std::vector<int64_t>>()) << name << ": " << nlohmann::json(texts[i]);
    } else {
      EXPECT_TRUE(same) << name << " " << i << ": " << nlohmann::json(texts[i]) << testing::PrintToString(ids);
    }
  }
  return equal;
}

TEST(TokenizerGoldenTest, GivesTheIdsOfTokenizers) {
  const auto texts = ReadJson(Folder() / "texts.json").get<std::vector<std::string>>();
  ASSERT_GE(texts.size(), 5000U);
  std::size_t kinds = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(Folder())) {
    if (!entry.path().string().ends_with(".ids.json")) {
      continue;
    }
    const nlohmann::json golden = ReadJson(entry.path());
    for (const std::string file : golden["files"]) {
      const auto tokenizer = LoadTokenizer(Folder() / file, {.max_tokens = golden["max_tokens"]});
      ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
      EXPECT_EQ(Compare(**tokenizer, texts, golden, file), texts.size()) << file;
      ++kinds;
    }
  }
  RecordProperty("tokenizers", static_cast<int>(kinds));
  EXPECT_GE(kinds, std::getenv("CALOTYPE_TOKENIZERS") != nullptr ? 1U : 8U);
}

}  // namespace
}  // namespace calotype
