// Full-text search on PostgreSQL. The server's parser takes paths and numbers apart in ways of its own, so the words
// are made here, as FTS5's tokenizer unicode61 makes them: a table of the index has, for each photo, its words between
// spaces, and a tsvector of them. Only this folder and postgres.cc include it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "catalog/search_catalog.h"
#include "catalog/sql.h"

namespace calotype {

// The words of a text: runs of letters and digits, without case and accents.
std::vector<std::string> Tokens(std::string_view text);

// A line as the index has it: a space before and after each of its words, so that words which follow each other have
// two between them.
std::string IndexedTokens(std::string_view line);

// Words that follow each other; the last one may be the start of a word.
struct TokenPhrase {
  std::vector<std::string> tokens;  // at least one
  bool prefix = false;
};

// The phrases that a text must have to match (SearchCatalog::SearchText). Empty when nothing can match.
std::vector<TokenPhrase> QueriedPhrases(std::string_view words, bool phrase);

// How often one of `phrases` occurs in `tokens`; `found` gets true for those that do.
int CountMatches(const std::vector<TokenPhrase>& phrases, const std::vector<std::string>& tokens,
                 std::vector<bool>& found);

// The present photos in `table` ("text_fts", "name_fts") that have all phrases, in the order of
// SearchCatalog::SearchText(), by BM25 as FTS5 computes it.
StatusOr<std::vector<TextMatch>> RankedMatches(Database& database, std::string_view table,
                                               const std::vector<TokenPhrase>& phrases, int limit);

}  // namespace calotype
