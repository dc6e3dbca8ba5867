#include "search/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "base/unicode.h"
#include "search/query.h"
#include "search/query_text.h"

namespace calotype {
namespace {

struct KeyVocabulary {
  std::string_view key;
  Vocabulary vocabulary;
};
constexpr std::array kVocabularies = {
    KeyVocabulary{"object", Vocabulary::kObject},   KeyVocabulary{"person", Vocabulary::kPerson},
    KeyVocabulary{"camera", Vocabulary::kCamera},   KeyVocabulary{"lens", Vocabulary::kLens},
    KeyVocabulary{"place", Vocabulary::kPlace},     KeyVocabulary{"near", Vocabulary::kPlace},
    KeyVocabulary{"keyword", Vocabulary::kKeyword}, KeyVocabulary{"tag", Vocabulary::kKeyword},
    KeyVocabulary{"in", Vocabulary::kFolder}};

std::string TextOf(const CompletionPlace& place, std::string_view key, std::string_view value) {
  // An object may be followed by the number of objects: object:dog>2.
  const std::string_view special = key == "object" ? ">" : "";
  return fmt::format("{}{}:{}", place.negated ? "-" : "", key,
                     value.empty() ? std::string() : QuoteIfNeeded(value, special));
}

// How well `value` fits what was typed, both folded: 0 at its start, 1 at the start of a word in it; nullopt for no
// fit.
std::optional<int> FitOf(std::string_view value, std::string_view typed) {
  for (std::size_t at = value.find(typed); at != std::string_view::npos; at = value.find(typed, at + 1)) {
    constexpr std::string_view kBeforeWord = " |/-_.,(=";
    if (at == 0 || kBeforeWord.find(value[at - 1]) != std::string_view::npos) {
      return at == 0 ? 0 : 1;
    }
  }
  return std::nullopt;
}

// The names of all folders, at any depth.
std::vector<VocabularyWord> FolderNames(std::span<const VocabularyWord> folders) {
  std::map<std::string_view, int64_t> names;
  for (const VocabularyWord& folder : folders) {
    for (const std::string_view name : Split(std::string_view(folder.text).substr(1), '/')) {
      names[name] += folder.uses.value_or(0);
    }
  }
  std::vector<VocabularyWord> words;
  for (const auto& [name, uses] : names) {
    words.push_back({.text = std::string(name), .uses = uses});
  }
  return words;
}

// Absolute folders that go one level beyond `typed`.
std::vector<VocabularyWord> NextLevel(std::span<const VocabularyWord> folders, std::string_view typed) {
  std::map<std::string_view, int64_t> paths;
  for (const VocabularyWord& folder : folders) {
    if (folder.text.starts_with(typed)) {
      const std::size_t slash = folder.text.find('/', typed.size());
      paths[std::string_view(folder.text).substr(0, slash)] += folder.uses.value_or(0);
    }
  }
  std::vector<VocabularyWord> words;
  for (const auto& [path, uses] : paths) {
    words.push_back({.text = std::string(path), .uses = uses});
  }
  return words;
}

}  // namespace

CompletionPlace FindCompletionPlace(std::string_view query, std::size_t cursor) {
  std::size_t next = 0;
  while (true) {
    while (const std::size_t space = next < cursor ? SpaceSize(query.substr(next)) : 0) {
      next += space;
    }
    if (next >= cursor) {
      return {.start = cursor, .end = cursor};
    }
    CompletionPlace place{.start = next};
    place.negated = query[next] == '-';
    const std::size_t key_at = next + (place.negated ? 1 : 0);
    const std::string_view key = KeyAt(query.substr(key_at));
    const std::size_t value_at = key_at + (key.empty() ? 0 : key.size() + 1);
    if (!key.empty() && cursor < value_at) {
      place.end = value_at;
      place.typed = query.substr(key_at, cursor - std::min(cursor, key_at));
      return place;
    }
    place.key = ToLowerAscii(key);
    const bool is_quoted = QuoteSize(query.substr(value_at)) > 0;
    const QuotedText quoted = is_quoted ? ReadQuotedText(query.substr(value_at)) : QuotedText();
    place.end = FindSpace(query, value_at + quoted.size);
    if (cursor <= place.end) {
      const std::string_view before = query.substr(value_at, cursor - std::min(cursor, value_at));
      // What follows a quote that is not closed yet is not part of it.
      place.end = is_quoted && !quoted.closed ? cursor : place.end;
      place.typed = is_quoted && !before.empty() ? ReadQuotedText(before).value : std::string(before);
      return place;
    }
    next = place.end;
  }
}

std::vector<VocabularyWord> FixedValues(std::string_view key) {
  std::vector<VocabularyWord> words;
  if (key == "type") {
    for (const std::string_view name : FormatKeys()) {
      words.push_back({.text = std::string(name), .uses = std::nullopt});
    }
  } else if (key == "marked") {
    for (const NamedMark& mark : kUserMarks) {
      words.push_back({.text = std::string(mark.name), .uses = std::nullopt});
    }
  } else if (key == "rating") {
    for (const char* const rating : {">=1", ">=2", ">=3", ">=4", "5"}) {
      words.push_back({.text = rating, .uses = std::nullopt});
    }
  }
  return words;
}

std::optional<Vocabulary> VocabularyOf(std::string_view key) {
  const auto* const found = std::ranges::find(kVocabularies, key, &KeyVocabulary::key);
  return found == kVocabularies.end() ? std::nullopt : std::optional(found->vocabulary);
}

std::vector<Completion> CompleteKeys(const CompletionPlace& place) {
  std::vector<Completion> completions;
  const std::string typed = ToLowerAscii(place.typed);
  for (const std::string_view key : QueryKeys()) {
    if (key.starts_with(typed)) {
      completions.push_back({.text = TextOf(place, key, ""), .key = std::string(key), .value = {}, .uses = {}});
    }
  }
  return completions;
}

std::vector<Completion> CompleteValues(const CompletionPlace& place, std::string_view key,
                                       std::span<const VocabularyWord> words) {
  std::vector<VocabularyWord> folders;
  if (key == "in") {
    folders = place.typed.starts_with('/') ? NextLevel(words, place.typed) : FolderNames(words);
    words = folders;
  }
  const std::string typed = FoldCaseAndAccents(place.typed);
  std::vector<std::pair<int, Completion>> found;
  for (const VocabularyWord& word : words) {
    if (const std::optional<int> fit = FitOf(FoldCaseAndAccents(word.text), typed)) {
      found.emplace_back(
          *fit,
          Completion{
              .text = TextOf(place, key, word.text), .key = std::string(key), .value = word.text, .uses = word.uses});
    }
  }
  std::ranges::stable_sort(found, {},
                           [](const auto& one) { return std::tuple(one.first, -one.second.uses.value_or(0)); });
  std::vector<Completion> completions;
  for (auto& [fit, completion] : found) {
    completions.push_back(std::move(completion));
  }
  return completions;
}

}  // namespace calotype
