// SearchCatalog on SQLite: text, with FTS5.
#include <fmt/format.h>

#include <string>
#include <utility>

#include "catalog/row_values.h"
#include "catalog/sqlite_catalog.h"
#include "catalog/text_query.h"

namespace calotype {
namespace {

std::string TextExpression(std::string_view words, bool phrase) {
  return phrase ? PhraseExpression(words) : MatchExpression(words);
}

// The photos that match in the FTS5 table, as SearchText() orders them. FTS5's rank (bm25) is lower for better matches.
StatusOr<std::vector<TextMatch>> Matches(Database& database, std::string_view table, const std::string& expression,
                                         int limit) {
  if (expression.empty()) {
    return std::vector<TextMatch>();
  }
  CALOTYPE_ASSIGN_OR_RETURN(
      const auto count,
      database.QueryInt(fmt::format("SELECT count(*) FROM (SELECT 1 FROM {0} WHERE {0} MATCH ?1 LIMIT ?2)", table),
                        expression, kMostRankedTexts + 1));
  const bool ranked = count.value_or(0) <= kMostRankedTexts;
  const std::string sql = fmt::format(
      "SELECT rowid, {1} FROM {0} WHERE {0} MATCH ?1 AND EXISTS"
      " (SELECT 1 FROM file WHERE file.photo_id = {0}.rowid AND missing = 0) ORDER BY {2} LIMIT ?2",
      table, ranked ? "-rank" : "0.0", ranked ? "rank, rowid" : "rowid DESC");
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query(sql, expression, limit));
  return ReadRows(std::move(rows),
                  [](const Statement& row) { return TextMatch{.photo = row.Int(0), .rank = row.Real(1)}; });
}

}  // namespace

StatusOr<std::vector<TextMatch>> SqliteCatalog::SearchText(std::string_view words, bool phrase, int limit) {
  const MutexLock lock(&mutex_);
  return Matches(*database_, "text_fts", TextExpression(words, phrase), limit);
}

StatusOr<std::string> SqliteCatalog::MatchingLine(PhotoId photo, std::string_view words, bool phrase) {
  const MutexLock lock(&mutex_);
  const std::string expression = TextExpression(words, phrase);
  if (expression.empty()) {
    return std::string();
  }
  CALOTYPE_ASSIGN_OR_RETURN(Statement text, database_->Query("SELECT highlight(text_fts, 0, char(1), '') FROM text_fts"
                                                             " WHERE text_fts MATCH ?1 AND rowid = ?2",
                                                             expression, photo));
  CALOTYPE_ASSIGN_OR_RETURN(const bool matches, text.Step());
  if (!matches) {
    return std::string();
  }
  CALOTYPE_ASSIGN_OR_RETURN(Statement line,
                            database_->Query("SELECT text FROM text_line WHERE photo_id = ?1 AND position = ?2", photo,
                                             static_cast<int64_t>(BestLine(text.Text(0)))));
  CALOTYPE_ASSIGN_OR_RETURN(const bool found, line.Step());
  return found ? line.Text(0) : std::string();
}

StatusOr<std::vector<TextMatch>> SqliteCatalog::SearchNames(std::string_view words, int limit) {
  const MutexLock lock(&mutex_);
  return Matches(*database_, "name_fts", MatchExpression(words), limit);
}

}  // namespace calotype
