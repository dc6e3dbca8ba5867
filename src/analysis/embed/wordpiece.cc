#include "analysis/embed/wordpiece.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "analysis/embed/word_splitter.h"
#include "base/file.h"

namespace calotype {
namespace {

constexpr std::string_view kUnknown = "[UNK]";
constexpr std::string_view kStart = "[CLS]";
constexpr std::string_view kEnd = "[SEP]";
constexpr std::string_view kContinuation = "##";  // before a piece that does not start a word

bool StartsCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

std::size_t CountCharacters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, StartsCharacter));
}

}  // namespace

StatusOr<WordPieceTokenizer> WordPieceTokenizer::Load(const std::filesystem::path& vocabulary,
                                                      const WordPieceOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(vocabulary));
  StatusOr<WordPieceTokenizer> tokenizer = Create(text, options);
  return tokenizer.ok() ? std::move(tokenizer) : Annotate(tokenizer.status(), vocabulary.string());
}

StatusOr<WordPieceTokenizer> WordPieceTokenizer::Create(std::string_view vocabulary, const WordPieceOptions& options) {
  if (options.max_tokens < 2) {
    return absl::InvalidArgumentError(
        fmt::format("max_tokens is {}; [CLS] and [SEP] alone are 2 tokens", options.max_tokens));
  }
  PieceVocabulary ids;
  for (int64_t id = 0; !vocabulary.empty(); ++id) {
    const std::size_t end = std::min(vocabulary.find('\n'), vocabulary.size());
    std::string_view piece = vocabulary.substr(0, end);
    vocabulary.remove_prefix(std::min(end + 1, vocabulary.size()));
    if (piece.ends_with('\r')) {
      piece.remove_suffix(1);
    }
    CALOTYPE_RETURN_IF_ERROR(ids.Add(std::string(piece), id));
  }
  for (const std::string_view special : {kUnknown, kStart, kEnd}) {
    if (!ids.Find(special)) {
      return absl::InvalidArgumentError(
          fmt::format("not a WordPiece vocabulary: none of its {} lines is {}", ids.size(), special));
    }
  }
  return WordPieceTokenizer(std::move(ids), options);
}

WordPieceTokenizer::WordPieceTokenizer(PieceVocabulary vocabulary, const WordPieceOptions& options)
    : vocabulary_(std::move(vocabulary)),
      options_(options),
      unknown_(vocabulary_.Find(kUnknown).value_or(0)),
      start_(vocabulary_.Find(kStart).value_or(0)),
      end_(vocabulary_.Find(kEnd).value_or(0)) {}

std::vector<int64_t> WordPieceTokenizer::Encode(std::string_view text) const {
  const auto room = static_cast<std::size_t>(options_.max_tokens) - 2;
  std::vector<int64_t> ids = {start_};
  // Each word gives at least one id, so more words than ids are not needed.
  for (const std::string& word : SplitWords(text, options_.lower_case, room)) {
    const std::vector<int64_t> pieces = EncodeWord(word);
    ids.insert(ids.end(), pieces.begin(), pieces.end());
    if (ids.size() > room) {
      ids.resize(room + 1);
      break;
    }
  }
  ids.push_back(end_);
  return ids;
}

// Takes the longest piece in the vocabulary, then the longest of the rest. When no piece matches the rest, the whole
// word is unknown.
std::vector<int64_t> WordPieceTokenizer::EncodeWord(std::string_view word) const {
  if (CountCharacters(word) > kMaxWordCharacters) {
    return {unknown_};
  }
  std::vector<int64_t> ids;
  std::string candidate;
  for (std::size_t start = 0; start < word.size();) {
    candidate = start == 0 ? "" : kContinuation;
    const std::size_t prefix = candidate.size();
    candidate += word.substr(start);
    std::optional<int64_t> id = vocabulary_.Find(candidate);
    while (!id && candidate.size() > prefix) {
      while (!StartsCharacter(candidate.back())) {
        candidate.pop_back();
      }
      candidate.pop_back();
      id = candidate.size() > prefix ? vocabulary_.Find(candidate) : std::nullopt;
    }
    if (!id) {
      return {unknown_};
    }
    ids.push_back(*id);
    start += candidate.size() - prefix;
  }
  return ids;
}

}  // namespace calotype
