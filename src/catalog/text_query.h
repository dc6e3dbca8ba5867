// Text on its way into and out of the full-text index.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace calotype {

// `line` as it is indexed: Chinese and Japanese characters stand alone, because unicode61 would otherwise make one
// token of a whole run of them; line breaks become spaces, because the index keeps one line of the photo per line of
// its body.
std::string IndexedLine(std::string_view line);

// `words` as an FTS5 expression: each word a quoted phrase, all required, so that nothing in it acts as an operator; a
// last word that ends in * is a prefix. Empty when no word has a letter, a digit or anything beyond ASCII.
std::string MatchExpression(std::string_view words);

// The same for words that stand one after the other.
std::string PhraseExpression(std::string_view words);

// The last names of a path, as name_fts has them: those of the file and of the two folders above it.
std::string_view LastNames(std::string_view path);

// What highlight() puts around each match.
inline constexpr char kMatchStart = '\x01';

// The number, from 0, of the line of `highlighted` with the most matches; the first of equals.
std::size_t BestLine(std::string_view highlighted);

}  // namespace calotype
