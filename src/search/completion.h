// Completion of queries: which part of a query is being typed, and what it can become. Pure functions;
// app/completions.h asks the catalogue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/vocabulary_catalog.h"

namespace calotype {

// The part of a query around the cursor.
struct CompletionPlace {
  std::size_t start = 0;  // in bytes: what a completion replaces
  std::size_t end = 0;
  bool negated = false;
  std::string key;    // in lower case; empty: a word, or a key without its colon
  std::string typed;  // the word, or the value of the key, up to the cursor and without quotes
};

struct Completion {
  std::string text;             // replaces the place: "object:\"sports ball\""
  std::string key;              // "object"
  std::string value;            // "sports ball"; empty: the completion is the key alone
  std::optional<int64_t> uses;  // as VocabularyWord::uses
  bool is_minimum = false;      // there are at least so many uses
};

// What is being typed at the cursor, which `cursor` bytes of `query` come before.
CompletionPlace FindCompletionPlace(std::string_view query, std::size_t cursor);

// The values that a key can have in every library: formats and ratings; empty for other keys.
std::vector<VocabularyWord> FixedValues(std::string_view key);
// The vocabulary of a key; nullopt if its values are not completed.
std::optional<Vocabulary> VocabularyOf(std::string_view key);

// The keys that begin with what was typed.
std::vector<Completion> CompleteKeys(const CompletionPlace& place);
// Values of `key` among `words` that have what was typed at the start, or at the start of one of their words. Those
// that begin with it come first, then those with more uses. Case and accents do not matter. Of folders, names at any
// depth are completed, or the next level of a path that begins with a slash.
std::vector<Completion> CompleteValues(const CompletionPlace& place, std::string_view key,
                                       std::span<const VocabularyWord> words);

}  // namespace calotype
