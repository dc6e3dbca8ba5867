#include "analysis/embed/tokenizer_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "analysis/embed/bpe.h"
#include "analysis/embed/charsmap.h"
#include "base/unicode.h"

namespace calotype {
namespace {

using Json = nlohmann::json;

std::string TypeOf(const Json& json) { return json.at("type").get<std::string>(); }

Status Unknown(std::string_view what, std::string_view type) {
  return absl::InvalidArgumentError(fmt::format("the {} {} is not supported", what, type));
}

// Reads {"String": ...} or {"Regex": ...}.
StatusOr<Pattern> ReadPattern(const Json& json) {
  if (json.contains("Regex")) {
    return PatternFor(json["Regex"].get<std::string>());
  }
  const auto literal = json.at("String").get<std::string>();
  if (literal.empty()) {
    return absl::InvalidArgumentError("a pattern is the empty string");
  }
  return Literal(literal);
}

StatusOr<TextStep> ReadReplace(const Json& json) {
  CALOTYPE_ASSIGN_OR_RETURN(const Pattern pattern, ReadPattern(json.at("pattern")));
  return [pattern, content = json.at("content").get<std::string>()](std::string_view text) {
    return ReplaceAll(text, pattern, content);
  };
}

StatusOr<TextStep> ReadPrecompiled(const Json& json) {
  std::string table;
  if (!absl::Base64Unescape(json.at("precompiled_charsmap").get<std::string>(), &table)) {
    return absl::InvalidArgumentError("precompiled_charsmap is not base64");
  }
  CALOTYPE_ASSIGN_OR_RETURN(Charsmap made, Charsmap::Create(table));
  return [map = std::make_shared<const Charsmap>(std::move(made))](std::string_view text) { return map->Apply(text); };
}

std::string Strip(std::string_view text, bool left, bool right) {
  std::size_t begin = text.size();
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const FirstCharacter first = First(text.substr(at));
    if (first.size == 0) {
      break;
    }
    if (!IsWhiteSpace(first.value)) {
      begin = std::min(begin, at);
      end = at + first.size;
    }
    at += first.size;
  }
  begin = left ? begin : 0;
  end = right ? end : text.size();
  return begin < end ? std::string(text.substr(begin, end - begin)) : std::string();
}

std::string StripAccents(std::string_view text) {
  std::string kept;
  while (!text.empty()) {
    const FirstCharacter first = First(text);
    if (first.size == 0) {
      break;
    }
    if (!IsMark(first.value)) {
      kept += text.substr(0, first.size);
    }
    text.remove_prefix(first.size);
  }
  return kept;
}

std::optional<NormalForm> NormalFormOf(std::string_view type) {
  constexpr std::array<std::pair<std::string_view, NormalForm>, 4> kForms = {
      {{"NFC", NormalForm::kNfc}, {"NFD", NormalForm::kNfd}, {"NFKC", NormalForm::kNfkc}, {"NFKD", NormalForm::kNfkd}}};
  for (const auto& [name, form] : kForms) {
    if (name == type) {
      return form;
    }
  }
  return std::nullopt;
}

StatusOr<TextStep> ReadTextStep(const Json& json) {
  const std::string type = TypeOf(json);
  if (const std::optional<NormalForm> form = NormalFormOf(type)) {
    return [form = *form](std::string_view text) { return ToNormalForm(text, form); };
  }
  if (type == "Lowercase") {
    return LowerCase;
  }
  if (type == "StripAccents") {
    return StripAccents;
  }
  if (type == "Strip") {
    return [left = json.at("strip_left").get<bool>(),
            right = json.at("strip_right").get<bool>()](std::string_view text) { return Strip(text, left, right); };
  }
  if (type == "Prepend") {
    return [prefix = json.at("prepend").get<std::string>()](std::string_view text) {
      return text.empty() ? std::string() : prefix + std::string(text);
    };
  }
  if (type == "Replace") {
    return ReadReplace(json);
  }
  if (type == "Precompiled") {
    return ReadPrecompiled(json);
  }
  return Unknown("normalizer", type);
}

StatusOr<SplitBehaviour> ReadBehaviour(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, SplitBehaviour>, 5> kBehaviours = {
      {{"Removed", SplitBehaviour::kRemoved},
       {"Isolated", SplitBehaviour::kIsolated},
       {"MergedWithPrevious", SplitBehaviour::kMergedWithPrevious},
       {"MergedWithNext", SplitBehaviour::kMergedWithNext},
       {"Contiguous", SplitBehaviour::kContiguous}}};
  for (const auto& [known, behaviour] : kBehaviours) {
    if (known == name) {
      return behaviour;
    }
  }
  return Unknown("split behavior", name);
}

StatusOr<SplitStep> ReadMetaspace(const Json& json) {
  using Prepend = MetaspaceOptions::Prepend;
  MetaspaceOptions options;
  options.replacement = json.value("replacement", options.replacement);
  options.split = json.value("split", true);
  // Older files have only add_prefix_space.
  const std::string scheme = json.value("prepend_scheme", json.value("add_prefix_space", true) ? "always" : "never");
  if (scheme != "always" && scheme != "first" && scheme != "never") {
    return Unknown("prepend_scheme", scheme);
  }
  options.prepend = scheme == "always" ? Prepend::kAlways : scheme == "first" ? Prepend::kFirst : Prepend::kNever;
  if (options.replacement.empty()) {
    return absl::InvalidArgumentError("Metaspace has no replacement");
  }
  return Metaspace(options);
}

// Changes each part and splits none.
SplitStep ForEach(TextStep change) {
  return [change = std::move(change)](const Word& word) {
    std::vector<Word> words;
    words.push_back({.text = change(word.text), .at_start = word.at_start});
    return words;
  };
}

// Splits into words, then writes each byte as a character.
std::vector<SplitStep> ReadByteLevel(const Json& json) {
  std::vector<SplitStep> steps;
  if (json.value("add_prefix_space", true)) {
    steps.push_back(ForEach(
        [](std::string_view text) { return text.starts_with(' ') ? std::string(text) : " " + std::string(text); }));
  }
  if (json.value("use_regex", true)) {
    steps.push_back(SplitAt(Gpt2Words(), SplitBehaviour::kIsolated, false));
  }
  steps.push_back(ForEach(ByteLevel));
  return steps;
}

StatusOr<SplitStep> ReadSplit(const Json& json) {
  CALOTYPE_ASSIGN_OR_RETURN(Pattern pattern, ReadPattern(json.at("pattern")));
  CALOTYPE_ASSIGN_OR_RETURN(const SplitBehaviour behaviour, ReadBehaviour(json.at("behavior").get<std::string>()));
  return SplitAt(std::move(pattern), behaviour, json.value("invert", false));
}

StatusOr<std::vector<SplitStep>> ReadSplitStep(const Json& json) {
  const std::string type = TypeOf(json);
  if (type == "ByteLevel") {
    return ReadByteLevel(json);
  }
  if (type == "WhitespaceSplit") {
    CALOTYPE_ASSIGN_OR_RETURN(Pattern spaces, PatternFor(R"(\s+)"));
    return std::vector<SplitStep>{SplitAt(std::move(spaces), SplitBehaviour::kRemoved, false)};
  }
  if (type == "Split") {
    CALOTYPE_ASSIGN_OR_RETURN(SplitStep step, ReadSplit(json));
    return std::vector<SplitStep>{std::move(step)};
  }
  if (type == "Metaspace") {
    CALOTYPE_ASSIGN_OR_RETURN(SplitStep step, ReadMetaspace(json));
    return std::vector<SplitStep>{std::move(step)};
  }
  return Unknown("pre_tokenizer", type);
}

// Reads the id of ["</s>", 2].
int64_t ReadNamedId(const Json& json) { return json.at(1).get<int64_t>(); }

EndTokens ReadTemplate(const Json& json) {
  EndTokens ends;
  bool after_text = false;
  for (const Json& item : json.at("single")) {
    if (item.contains("Sequence")) {
      after_text = true;
      continue;
    }
    const auto name = item.at("SpecialToken").at("id").get<std::string>();
    for (const Json& id : json.at("special_tokens").at(name).at("ids")) {
      (after_text ? ends.suffix : ends.prefix).push_back(id.get<int64_t>());
    }
  }
  return ends;
}

}  // namespace

StatusOr<std::vector<TextStep>> ReadNormaliser(const Json& json) {
  std::vector<TextStep> steps;
  if (json.is_null()) {
    return steps;
  }
  if (TypeOf(json) != "Sequence") {
    CALOTYPE_ASSIGN_OR_RETURN(TextStep step, ReadTextStep(json));
    steps.push_back(std::move(step));
    return steps;
  }
  for (const Json& item : json.at("normalizers")) {
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<TextStep> more, ReadNormaliser(item));
    std::ranges::move(more, std::back_inserter(steps));
  }
  return steps;
}

StatusOr<std::vector<SplitStep>> ReadSplitter(const Json& json) {
  std::vector<SplitStep> steps;
  if (json.is_null()) {
    return steps;
  }
  if (TypeOf(json) != "Sequence") {
    return ReadSplitStep(json);
  }
  for (const Json& item : json.at("pretokenizers")) {
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<SplitStep> more, ReadSplitter(item));
    std::ranges::move(more, std::back_inserter(steps));
  }
  return steps;
}

StatusOr<EndTokens> ReadEndTokens(const Json& json) {
  if (json.is_null()) {
    return EndTokens{};
  }
  const std::string type = TypeOf(json);
  if (type == "TemplateProcessing") {
    return ReadTemplate(json);
  }
  if (type == "RobertaProcessing" || type == "BertProcessing") {
    return EndTokens{.prefix = {ReadNamedId(json.at("cls"))}, .suffix = {ReadNamedId(json.at("sep"))}};
  }
  if (type == "ByteLevel") {  // changes only offsets
    return EndTokens{};
  }
  if (type != "Sequence") {
    return Unknown("post_processor", type);
  }
  EndTokens ends;
  for (const Json& item : json.at("processors")) {
    CALOTYPE_ASSIGN_OR_RETURN(const EndTokens more, ReadEndTokens(item));
    ends.prefix.insert(ends.prefix.begin(), more.prefix.begin(), more.prefix.end());
    ends.suffix.insert(ends.suffix.end(), more.suffix.begin(), more.suffix.end());
  }
  return ends;
}

}  // namespace calotype
