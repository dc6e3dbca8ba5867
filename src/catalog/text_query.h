// Text for the full-text index, and queries of it. Only this folder includes it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace calotype {

// `line` as it is indexed. Chinese and Japanese characters are separated, because unicode61 would make one token of a
// whole run of them. Accents are composed (NFKC), and special letters replaced ("Straße": "Strasse"); the tokenizer
// ignores case and accents. Line breaks become spaces, because the index has one line of the photo per line of its
// body.
std::string IndexedLine(std::string_view line);

// Lines that are separated by line breaks, each as it is indexed.
std::string IndexedLines(std::string_view lines);

// Words that must be in a text, next to each other.
struct QueryPhrase {
  std::string_view text;
  bool prefix = false;  // the last word is the start of one
};

// One phrase for each word with a letter, a digit or a non-ASCII byte; with `phrase` one for all of them. Only a last
// word that ends in * is a prefix. The phrases point into `words`.
std::vector<QueryPhrase> QueryPhrases(std::string_view words, bool phrase);

// `words` as an FTS5 expression that requires all of them. Each word is a quoted phrase, so nothing in it acts as an
// operator; a last word that ends in * is a prefix. Empty when no word has a letter, a digit or a non-ASCII byte.
std::string MatchExpression(std::string_view words);

// The same, but the words must follow each other.
std::string PhraseExpression(std::string_view words);

// The last names of a path, as in name_fts: of the file and of the two folders above it.
std::string_view LastNames(std::string_view path);

// The character that highlight() puts before each match.
inline constexpr char kMatchStart = '\x01';

// The index, from 0, of the line of `highlighted` with the most matches; the first one of several.
std::size_t BestLine(std::string_view highlighted);

}  // namespace calotype
