#include "analysis/embed/tokenizer.h"

#include <fmt/format.h>

#include <utility>

#include "analysis/embed/pattern.h"
#include "analysis/embed/tokenizer_json.h"
#include "analysis/embed/wordpiece.h"
#include "base/file.h"
#include "base/unicode.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

bool IsAsciiPunctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

// Returns the text of `file`; empty when it does not exist.
StatusOr<std::string> ReadIfThere(const fs::path& file) {
  StatusOr<std::string> text = ReadTextFile(file);
  return !text.ok() && text.status().code() == absl::StatusCode::kNotFound ? std::string() : std::move(text);
}

StatusOr<std::unique_ptr<Tokenizer>> LoadWordPiece(const fs::path& file, const TokenizerOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(
      WordPieceTokenizer tokenizer,
      WordPieceTokenizer::Load(file, {.lower_case = options.lower_case, .max_tokens = options.max_tokens}));
  return std::make_unique<WordPieceTokenizer>(std::move(tokenizer));
}

StatusOr<std::unique_ptr<Tokenizer>> LoadJson(const fs::path& file, const TokenizerOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::string json, ReadTextFile(file));
  CALOTYPE_ASSIGN_OR_RETURN(const std::string settings, ReadIfThere(file.parent_path() / "tokenizer_config.json"));
  StatusOr<std::unique_ptr<Tokenizer>> tokenizer = absl::InternalError("");
  if (file.filename() == "vocab.json") {
    CALOTYPE_ASSIGN_OR_RETURN(const std::string merges, ReadTextFile(file.parent_path() / "merges.txt"));
    tokenizer = ReadClipTokenizer(json, merges, settings, options);
  } else {
    tokenizer = ReadTokenizerJson(json, settings, options);
  }
  return tokenizer.ok() ? std::move(tokenizer) : Annotate(tokenizer.status(), file.string());
}

}  // namespace

std::string Canonical(std::string_view text) {
  std::string kept(text);
  std::erase_if(kept, IsAsciiPunctuation);
  std::string canonical;
  std::string_view rest = kept;
  bool between = false;
  while (!rest.empty()) {
    const FirstCharacter first = First(rest);
    if (first.size == 0) {
      break;
    }
    if (IsWhiteSpace(first.value)) {
      between = !canonical.empty();
    } else {
      canonical += between ? " " : "";
      canonical += rest.substr(0, first.size);
      between = false;
    }
    rest.remove_prefix(first.size);
  }
  return LowerCase(canonical);
}

StatusOr<std::unique_ptr<Tokenizer>> LoadTokenizer(const fs::path& file, const TokenizerOptions& options) {
  if (file.extension() == ".txt") {
    return LoadWordPiece(file, options);
  }
  if (file.extension() == ".json") {
    return LoadJson(file, options);
  }
  return absl::InvalidArgumentError(fmt::format(
      "{} is not a tokenizer; expected tokenizer.json, vocab.json (with merges.txt) or vocab.txt", file.string()));
}

}  // namespace calotype
