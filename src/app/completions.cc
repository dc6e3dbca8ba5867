#include "app/completions.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <ranges>
#include <string>
#include <utility>

#include "base/unicode.h"

namespace calotype {
namespace {

// Keys whose values are offered for a word without a key, and how many of each.
constexpr std::array<std::string_view, 4> kKeysOfWords = {"object", "person", "keyword", "place"};
constexpr std::size_t kValuesOfWords = 3;
constexpr std::size_t kLettersOfWords = 2;
// Candidates whose uses are counted, to show the most used ones.
constexpr std::size_t kCandidates = 50;

std::size_t CharacterSize(std::string_view text) { return std::max<std::size_t>(First(text).size, 1); }

std::size_t CountCharacters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); at += CharacterSize(text.substr(at))) {
    ++count;
  }
  return count;
}

std::size_t BytesOf(std::string_view text, std::size_t characters) {
  std::size_t at = 0;
  for (; characters > 0 && at < text.size(); --characters) {
    at += CharacterSize(text.substr(at));
  }
  return at;
}

StatusOr<std::vector<Completion>> ValuesOfKey(Catalog& catalog, const CompletionPlace& place, std::string_view key) {
  const std::optional<Vocabulary> vocabulary = VocabularyOf(key);
  if (!vocabulary.has_value()) {
    return CompleteValues(place, key, FixedValues(key));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<VocabularyWord> words, catalog.Words(*vocabulary));
  std::vector<Completion> found = CompleteValues(place, key, words);
  if (found.empty() || found.front().uses.has_value()) {
    return found;
  }
  std::vector<VocabularyWord> counted;
  for (const Completion& one : found | std::views::take(kCandidates)) {
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t uses, catalog.CountUses(*vocabulary, one.value, kCountedUses));
    counted.push_back({.text = one.value, .uses = uses});
  }
  found = CompleteValues(place, key, counted);
  for (Completion& one : found) {
    one.is_minimum = one.uses == kCountedUses;
  }
  return found;
}

StatusOr<std::vector<Completion>> OfWord(Catalog& catalog, const CompletionPlace& place) {
  std::vector<Completion> completions = CompleteKeys(place);
  if (CountCharacters(place.typed) < kLettersOfWords) {
    return completions;
  }
  for (const std::string_view key : kKeysOfWords) {
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<Completion> found, ValuesOfKey(catalog, place, key));
    found.resize(std::min(found.size(), kValuesOfWords));
    std::ranges::move(found, std::back_inserter(completions));
  }
  return completions;
}

}  // namespace

StatusOr<QueryCompletions> CompleteQuery(Library& library, std::string_view query, std::optional<std::size_t> cursor,
                                         std::size_t limit) {
  const std::size_t at = cursor.has_value() ? BytesOf(query, *cursor) : query.size();
  const CompletionPlace place = FindCompletionPlace(query, at);
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  QueryCompletions answer{.start = CountCharacters(query.substr(0, place.start)),
                          .end = CountCharacters(query.substr(0, place.end))};
  CALOTYPE_ASSIGN_OR_RETURN(answer.completions,
                            place.key.empty() ? OfWord(*catalog, place) : ValuesOfKey(*catalog, place, place.key));
  answer.completions.resize(std::min(answer.completions.size(), limit));
  return answer;
}

}  // namespace calotype
