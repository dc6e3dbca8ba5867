#include "analysis/embed/tokenizer_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "analysis/embed/bpe.h"
#include "analysis/embed/step_tokenizer.h"
#include "analysis/embed/tokenizer_steps.h"
#include "analysis/embed/unigram.h"
#include "analysis/embed/wordpiece.h"
#include "base/unicode.h"

namespace calotype {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kClipStart = "<|startoftext|>";
constexpr std::string_view kClipEnd = "<|endoftext|>";

// The JSON library throws; this converts its exceptions to a status.
template <typename Read>
auto Guarded(Read read) -> decltype(read()) {
  try {
    return read();
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(fmt::format("not a tokenizer: {}", error.what()));
  }
}

StatusOr<PieceVocabulary> ReadVocabulary(const Json& json) {
  PieceVocabulary vocabulary;
  for (const auto& [piece, value] : json.get_ref<const Json::object_t&>()) {
    CALOTYPE_RETURN_IF_ERROR(vocabulary.Add(piece, value.get<int64_t>()));
  }
  return vocabulary;
}

StatusOr<Bpe::Merge> ReadMerge(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) {
    return absl::InvalidArgumentError(fmt::format("the merge \"{}\" has no space", text));
  }
  return Bpe::Merge{text.substr(0, space), text.substr(space + 1)};
}

// Reads "a b" or ["a", "b"].
StatusOr<Bpe::Merge> ReadMerge(const Json& json) {
  if (json.is_array()) {
    return Bpe::Merge{json.at(0).get<std::string>(), json.at(1).get<std::string>()};
  }
  return ReadMerge(std::string_view(json.get_ref<const std::string&>()));
}

// A setting that is missing or null has no value.
std::optional<std::string> OptionalText(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() || found->is_null() ? std::nullopt : std::optional(found->get<std::string>());
}

bool Flag(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && !found->is_null() && found->get<bool>();
}

StatusOr<std::unique_ptr<PieceEncoder>> ReadBpe(const Json& model) {
  if (!OptionalText(model, "continuing_subword_prefix").value_or("").empty()) {
    return absl::InvalidArgumentError("BPE with a continuing_subword_prefix is not supported");
  }
  CALOTYPE_ASSIGN_OR_RETURN(PieceVocabulary vocabulary, ReadVocabulary(model.at("vocab")));
  std::vector<Bpe::Merge> merges;
  for (const Json& item : model.at("merges")) {
    CALOTYPE_ASSIGN_OR_RETURN(Bpe::Merge merge, ReadMerge(item));
    merges.push_back(std::move(merge));
  }
  return Bpe::Create(std::move(vocabulary), merges,
                     {.end_of_word_suffix = OptionalText(model, "end_of_word_suffix").value_or(""),
                      .unknown = OptionalText(model, "unk_token"),
                      .fuse_unknown = Flag(model, "fuse_unk"),
                      .byte_fallback = Flag(model, "byte_fallback"),
                      .ignore_merges = Flag(model, "ignore_merges")});
}

StatusOr<std::unique_ptr<PieceEncoder>> ReadUnigram(const Json& model) {
  std::vector<Unigram::ScoredPiece> pieces;
  for (const Json& piece : model.at("vocab")) {
    pieces.emplace_back(piece.at(0).get<std::string>(), piece.at(1).get<double>());
  }
  return Unigram::Create(pieces,
                         {.unknown = model.at("unk_id").get<int64_t>(), .byte_fallback = Flag(model, "byte_fallback")});
}

// Older files do not name the model's type.
std::string ModelType(const Json& model) {
  if (const std::optional<std::string> type = OptionalText(model, "type")) {
    return *type;
  }
  return model.contains("merges") ? "BPE" : "";
}

StatusOr<std::unique_ptr<PieceEncoder>> ReadModel(const Json& model) {
  const std::string type = ModelType(model);
  if (type == "BPE") {
    return ReadBpe(model);
  }
  if (type == "Unigram") {
    return ReadUnigram(model);
  }
  return absl::InvalidArgumentError(fmt::format("the model {} is not supported; supported: BPE, Unigram, WordPiece",
                                                type.empty() ? "without type" : type));
}

// WordPieceTokenizer implements BERT's whole tokenizer, so other settings in the file are not supported.
Status CheckBert(const Json& root) {
  const Json& normaliser = root.at("normalizer");
  const bool lower = normaliser.at("lowercase").get<bool>();
  const bool bert = normaliser.at("type") == "BertNormalizer" && normaliser.value("clean_text", true) &&
                    normaliser.value("handle_chinese_chars", true) &&
                    (!normaliser.contains("strip_accents") || normaliser["strip_accents"].is_null() ||
                     normaliser["strip_accents"].get<bool>() == lower);
  const Json& model = root.at("model");
  if (!bert || root.at("pre_tokenizer").at("type") != "BertPreTokenizer" ||
      model.value("continuing_subword_prefix", "##") != "##" || model.value("unk_token", "[UNK]") != "[UNK]" ||
      model.value("max_input_chars_per_word", 100) != 100) {
    return absl::InvalidArgumentError("WordPiece with other settings than BERT's is not supported");
  }
  return absl::OkStatus();
}

StatusOr<std::unique_ptr<Tokenizer>> ReadWordPiece(const Json& root, const TokenizerOptions& options) {
  CALOTYPE_RETURN_IF_ERROR(CheckBert(root));
  const auto& vocabulary = root.at("model").at("vocab").get_ref<const Json::object_t&>();
  std::vector<std::string> pieces(vocabulary.size());
  for (const auto& [piece, value] : vocabulary) {
    const auto id = value.get<std::size_t>();
    if (id >= pieces.size()) {
      return absl::InvalidArgumentError(fmt::format("piece \"{}\" has the id {} of {}", piece, id, pieces.size()));
    }
    pieces[id] = piece;
  }
  std::string lines;
  for (const std::string& piece : pieces) {
    lines += piece + "\n";
  }
  CALOTYPE_ASSIGN_OR_RETURN(
      WordPieceTokenizer tokenizer,
      WordPieceTokenizer::Create(
          lines, {.lower_case = root["normalizer"]["lowercase"].get<bool>(), .max_tokens = options.max_tokens}));
  return std::make_unique<WordPieceTokenizer>(std::move(tokenizer));
}

// Leaves out special tokens: in a text, their names are plain text.
Status ReadAdded(const Json& root, StepTokenizerParts& parts) {
  for (const Json& token : root.value("added_tokens", Json::array())) {
    if (Flag(token, "special")) {
      continue;
    }
    AddedToken added{.text = token.at("content").get<std::string>(), .id = token.at("id").get<int64_t>()};
    if (added.text.empty() || Flag(token, "lstrip") || Flag(token, "rstrip") || Flag(token, "single_word")) {
      return absl::InvalidArgumentError(fmt::format(
          "the added token \"{}\" is empty or has lstrip, rstrip or single_word, which is not supported", added.text));
    }
    (Flag(token, "normalized") ? parts.added_normalised : parts.added).push_back(std::move(added));
  }
  for (AddedToken& token : parts.added_normalised) {
    for (const TextStep& step : parts.normaliser) {
      token.text = step(token.text);
    }
  }
  std::erase_if(parts.added_normalised, [](const AddedToken& token) { return token.text.empty(); });
  return absl::OkStatus();
}

// Returns the id of a token of `root`: an added one or one of the model's.
std::optional<int64_t> FindToken(const Json& root, const std::string& name) {
  for (const Json& token : root.value("added_tokens", Json::array())) {
    if (token.at("content") == name) {
      return token.at("id").get<int64_t>();
    }
  }
  const Json& vocabulary = root.at("model").at("vocab");
  if (vocabulary.is_object()) {
    const auto found = vocabulary.find(name);
    return found == vocabulary.end() ? std::nullopt : std::optional(found->get<int64_t>());
  }
  const auto found = std::ranges::find_if(vocabulary, [&name](const Json& piece) { return piece.at(0) == name; });
  return found == vocabulary.end() ? std::nullopt : std::optional(static_cast<int64_t>(found - vocabulary.begin()));
}

// Reads "pad_token" of tokenizer_config.json: a string, or an object with one.
std::optional<std::string> PaddingToken(std::string_view settings) {
  if (settings.empty()) {
    return std::nullopt;
  }
  const Json json = Json::parse(settings);
  const auto found = json.find("pad_token");
  if (found == json.end() || found->is_null()) {
    return std::nullopt;
  }
  return found->is_object() ? found->at("content").get<std::string>() : found->get<std::string>();
}

std::optional<int64_t> PaddingId(const Json& root, std::string_view settings) {
  const auto padding = root.find("padding");
  if (padding != root.end() && !padding->is_null()) {
    return padding->at("pad_id").get<int64_t>();
  }
  const std::optional<std::string> token = PaddingToken(settings);
  return token ? FindToken(root, *token) : std::nullopt;
}

StatusOr<std::unique_ptr<Tokenizer>> ReadStepTokenizer(const Json& root, std::string_view settings,
                                                       const TokenizerOptions& options) {
  const auto part = [&root](const char* key) { return root.value(key, Json()); };
  StepTokenizerParts parts;
  CALOTYPE_ASSIGN_OR_RETURN(parts.normaliser, ReadNormaliser(part("normalizer")));
  CALOTYPE_ASSIGN_OR_RETURN(parts.splitter, ReadSplitter(part("pre_tokenizer")));
  CALOTYPE_ASSIGN_OR_RETURN(EndTokens ends, ReadEndTokens(part("post_processor")));
  CALOTYPE_ASSIGN_OR_RETURN(parts.model, ReadModel(root.at("model")));
  CALOTYPE_RETURN_IF_ERROR(ReadAdded(root, parts));
  parts.prefix = std::move(ends.prefix);
  parts.suffix = std::move(ends.suffix);
  parts.padding_id = PaddingId(root, settings);
  return MakeStepTokenizer(std::move(parts), options);
}

StatusOr<std::vector<Bpe::Merge>> ReadMerges(std::string_view text) {
  std::vector<Bpe::Merge> merges;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.empty() || line.starts_with("#version")) {
      continue;
    }
    CALOTYPE_ASSIGN_OR_RETURN(Bpe::Merge merge, ReadMerge(line));
    merges.push_back(std::move(merge));
  }
  return merges;
}

StatusOr<std::unique_ptr<Tokenizer>> ReadClip(PieceVocabulary ids, std::string_view merges, std::string_view settings,
                                              const TokenizerOptions& options) {
  const std::optional<int64_t> start = ids.Find(kClipStart);
  const std::optional<int64_t> end = ids.Find(kClipEnd);
  if (!start || !end || !ids.Find("a</w>")) {
    return absl::InvalidArgumentError(fmt::format(
        "not CLIP's vocabulary: it lacks {}, {} or a</w>; other kinds need a tokenizer.json", kClipStart, kClipEnd));
  }
  StepTokenizerParts parts;
  CALOTYPE_ASSIGN_OR_RETURN(const Pattern spaces, PatternFor(R"(\s+)"));
  parts.normaliser = {[](std::string_view text) { return ToNormalForm(text, NormalForm::kNfc); },
                      [spaces](std::string_view text) { return ReplaceAll(text, spaces, " "); }, LowerCase};
  parts.splitter = {SplitAt(ClipWords(), SplitBehaviour::kRemoved, true), [](const Word& word) {
                      std::vector<Word> words;
                      words.push_back({.text = ByteLevel(word.text), .at_start = word.at_start});
                      return words;
                    }};
  parts.prefix = {*start};
  parts.suffix = {*end};
  const std::optional<std::string> padding = PaddingToken(settings);
  parts.padding_id = padding ? ids.Find(*padding) : end;
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Bpe::Merge> pairs, ReadMerges(merges));
  CALOTYPE_ASSIGN_OR_RETURN(parts.model, Bpe::Create(std::move(ids), pairs,
                                                     {.end_of_word_suffix = "</w>", .unknown = std::string(kClipEnd)}));
  return MakeStepTokenizer(std::move(parts), options);
}

}  // namespace

StatusOr<std::unique_ptr<Tokenizer>> ReadTokenizerJson(std::string_view json, std::string_view settings,
                                                       const TokenizerOptions& options) {
  return Guarded([&]() -> StatusOr<std::unique_ptr<Tokenizer>> {
    const Json root = Json::parse(json);
    if (ModelType(root.at("model")) == "WordPiece") {
      return ReadWordPiece(root, options);
    }
    return ReadStepTokenizer(root, settings, options);
  });
}

StatusOr<std::unique_ptr<Tokenizer>> ReadClipTokenizer(std::string_view vocabulary, std::string_view merges,
                                                       std::string_view settings, const TokenizerOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(PieceVocabulary ids, ReadVocabulary(vocabulary));
  return Guarded([&] { return ReadClip(std::move(ids), merges, settings, options); });
}

}  // namespace calotype
