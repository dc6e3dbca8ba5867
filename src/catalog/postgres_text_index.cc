#include "catalog/postgres_text_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "base/unicode.h"
#include "catalog/row_values.h"
#include "catalog/text_query.h"

namespace calotype {
namespace {

// Bytes of a word that are indexed; the server takes 2,046.
constexpr std::size_t kLongestToken = 500;

// Accents that stand alone (a letter and its accent are one character here): part of the word, and dropped.
constexpr Character kFirstAccent = 0x300;
constexpr Character kLastAccent = 0x331;

// As FTS5's bm25().
constexpr double kK1 = 1.2;
constexpr double kB = 0.75;
constexpr double kLeastWeight = 1e-6;

std::string QuotedLexeme(std::string_view token) {
  std::string quoted = "'";
  for (const char c : token) {
    quoted.append(c == '\'' || c == '\\' ? 2 : 1, c);
  }
  return quoted + "'";
}

// As a tsquery: all words of the phrase, in any order.
std::string WordsOf(const TokenPhrase& phrase) {
  std::string query;
  for (std::size_t i = 0; i < phrase.tokens.size(); ++i) {
    const bool is_prefix = phrase.prefix && i + 1 == phrase.tokens.size();
    query += fmt::format("{}{}{}", i == 0 ? "" : " & ", QuotedLexeme(phrase.tokens[i]), is_prefix ? ":*" : "");
  }
  return query;
}

// As it stands in the body of the index.
std::string BodyOf(const TokenPhrase& phrase) {
  std::string body;
  for (const std::string& token : phrase.tokens) {
    body += fmt::format(" {} ", token);
  }
  if (phrase.prefix) {
    body.pop_back();
  }
  return body;
}

struct IndexSize {
  double texts = 0;
  double tokens = 0;
};

// Reads an index of one number for each text. A row with the sum would be written by each photo, and PostgreSQL keeps
// every version of it until a transaction ends.
StatusOr<IndexSize> SizeOf(Database& database, std::string_view table) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement row,
      database.Query(fmt::format("SELECT count(*), CAST(sum(tokens) AS double precision) FROM {}", table)));
  CALOTYPE_ASSIGN_OR_RETURN(const bool found, row.Step());
  return found ? IndexSize{.texts = row.Real(0), .tokens = row.Real(1)} : IndexSize();
}

// The weight of a phrase in BM25 (its inverse document frequency): the fewer texts contain it, the higher.
StatusOr<double> WeightOf(Database& database, std::string_view table, const TokenPhrase& phrase, double texts) {
  CALOTYPE_ASSIGN_OR_RETURN(
      const auto count,
      database.QueryInt(
          fmt::format("SELECT count(*) FROM {} WHERE words @@ CAST(?1 AS tsquery) AND strpos(body, ?2) > 0", table),
          WordsOf(phrase), BodyOf(phrase)));
  const auto having = static_cast<double>(count.value_or(0));
  const double weight = std::log((texts - having + 0.5) / (having + 0.5));
  return weight <= 0 ? kLeastWeight : weight;
}

// BM25 as an expression. ?3 is the body of the first phrase, ?4 of the second, and so on.
StatusOr<std::string> RankOf(Database& database, std::string_view table, const std::vector<TokenPhrase>& phrases) {
  CALOTYPE_ASSIGN_OR_RETURN(const IndexSize size, SizeOf(database, table));
  std::string rank;
  for (std::size_t i = 0; i < phrases.size(); ++i) {
    CALOTYPE_ASSIGN_OR_RETURN(const double weight, WeightOf(database, table, phrases[i], size.texts));
    const std::string often =
        fmt::format("CAST((length(body) - length(replace(body, ?{0}, ''))) / length(?{0}) AS double precision)", i + 3);
    rank += fmt::format("{}{:.17g} * ({} * {}) / ({} + {} * ({} + {} * tokens / {:.17g}))", i == 0 ? "" : " + ", weight,
                        often, kK1 + 1, often, kK1, 1 - kB, kB, size.tokens / std::max(size.texts, 1.0));
  }
  return rank;
}

}  // namespace

std::vector<std::string> Tokens(std::string_view text) {
  std::vector<std::string> tokens;
  std::string token;
  const auto finish = [&] {
    if (!token.empty()) {
      tokens.push_back(DropInvalidUtf8(FoldCaseAndAccents(token), kLongestToken));
      token.clear();
    }
  };
  const std::string line = IndexedLine(text);
  for (std::string_view rest = line; !rest.empty();) {
    const FirstCharacter first = First(rest);
    const bool is_word = first.size > 0 && (IsLetter(first.value) || IsNumber(first.value));
    if (is_word) {
      token += rest.substr(0, first.size);
    } else if (first.size == 0 || first.value < kFirstAccent || first.value > kLastAccent) {
      finish();
    }
    rest.remove_prefix(std::max<std::size_t>(first.size, 1));
  }
  finish();
  return tokens;
}

std::string IndexedTokens(std::string_view line) {
  std::string indexed;
  for (const std::string& token : Tokens(line)) {
    indexed += fmt::format(" {} ", token);
  }
  return indexed;
}

std::vector<TokenPhrase> QueriedPhrases(std::string_view words, bool phrase) {
  std::vector<TokenPhrase> phrases;
  for (const QueryPhrase& one : QueryPhrases(words, phrase)) {
    TokenPhrase made = {.tokens = Tokens(one.text), .prefix = one.prefix};
    if (!made.tokens.empty()) {
      phrases.push_back(std::move(made));
    }
  }
  return phrases;
}

int CountMatches(const std::vector<TokenPhrase>& phrases, const std::vector<std::string>& tokens,
                 std::vector<bool>& found) {
  int count = 0;
  for (std::size_t at = 0; at < phrases.size(); ++at) {
    const TokenPhrase& phrase = phrases[at];
    const std::size_t length = phrase.tokens.size();
    for (std::size_t start = 0; start + length <= tokens.size(); ++start) {
      bool same = true;
      for (std::size_t i = 0; same && i < length; ++i) {
        const bool is_prefix = phrase.prefix && i + 1 == length;
        same = is_prefix ? tokens[start + i].starts_with(phrase.tokens[i]) : tokens[start + i] == phrase.tokens[i];
      }
      if (same) {
        ++count;
        found[at] = true;
      }
    }
  }
  return count;
}

StatusOr<std::vector<TextMatch>> RankedMatches(Database& database, std::string_view table,
                                               const std::vector<TokenPhrase>& phrases, int limit) {
  if (phrases.empty()) {
    return std::vector<TextMatch>();
  }
  // ?1 is a number, ?2 the words of all phrases; then the body of each phrase.
  std::string all;
  std::string condition = "words @@ CAST(?2 AS tsquery)";
  std::vector<std::string> texts = {""};
  for (const TokenPhrase& phrase : phrases) {
    all += fmt::format("{}{}", all.empty() ? "" : " & ", WordsOf(phrase));
    texts.push_back(BodyOf(phrase));
    condition += fmt::format(" AND strpos(body, ?{}) > 0", texts.size() + 1);
  }
  texts[0] = all;
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement counted,
      database.Query(
          fmt::format("SELECT count(*) FROM (SELECT 1 FROM {} WHERE {} LIMIT ?1) AS matches", table, condition),
          kMostRankedTexts + 1));
  counted.BindTexts(2, texts);
  CALOTYPE_RETURN_IF_ERROR(counted.Step().status());
  std::string rank = "CAST(0 AS double precision)";
  if (counted.Int(0) <= kMostRankedTexts) {
    CALOTYPE_ASSIGN_OR_RETURN(rank, RankOf(database, table, phrases));
  }
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query(
          fmt::format("SELECT rowid, {0} AS rank FROM {1} WHERE {2} AND EXISTS"
                      " (SELECT 1 FROM file WHERE file.photo_id = {1}.rowid AND missing = 0)"
                      " ORDER BY {3} LIMIT ?1",
                      rank, table, condition, counted.Int(0) <= kMostRankedTexts ? "rank DESC, rowid" : "rowid DESC"),
          limit));
  rows.BindTexts(2, texts);
  return ReadRows(std::move(rows),
                  [](const Statement& row) { return TextMatch{.photo = row.Int(0), .rank = row.Real(1)}; });
}

}  // namespace calotype
