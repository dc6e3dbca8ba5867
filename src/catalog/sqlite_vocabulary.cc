// VocabularyCatalog.
#include <string>
#include <utility>

#include "catalog/row_values.h"
#include "catalog/sqlite_catalog.h"

namespace calotype {
namespace {

// Steps through the index from each keyword to the next, as the filter keyword: does.
constexpr std::string_view kKeywords =
    "WITH RECURSIVE word(name) AS (SELECT min(name COLLATE NOCASE) FROM keyword UNION ALL"
    " SELECT (SELECT min(keyword.name COLLATE NOCASE) FROM keyword WHERE keyword.name COLLATE NOCASE > word.name)"
    " FROM word WHERE word.name IS NOT NULL) SELECT name, NULL FROM word WHERE name IS NOT NULL";

std::string_view WordsSql(Vocabulary kind) {
  switch (kind) {
    case Vocabulary::kObject:
      return "SELECT name, NULL FROM label WHERE EXISTS (SELECT 1 FROM object WHERE label_id = label.id) ORDER BY name";
    case Vocabulary::kPerson:
      return "SELECT name, NULL FROM person WHERE name <> '' UNION"
             " SELECT name, NULL FROM named_region WHERE imported = 0 ORDER BY name";
    case Vocabulary::kCamera:
      return "SELECT value, uses FROM vocabulary WHERE kind = 1 ORDER BY value";
    case Vocabulary::kLens:
      return "SELECT value, uses FROM vocabulary WHERE kind = 2 ORDER BY value";
    case Vocabulary::kPlace:
      // A city may be a region, too.
      return "SELECT value, max(uses) FROM vocabulary WHERE kind IN (3, 4, 5) GROUP BY value ORDER BY value";
    case Vocabulary::kKeyword:
      return kKeywords;
    case Vocabulary::kFolder:
      return "SELECT rtrim(value, '/'), uses FROM vocabulary WHERE kind = 6 AND value <> '/' ORDER BY value";
  }
  return "";
}

// ?1 is the word, ?2 the limit. Empty where Words() counts.
std::string_view UsesSql(Vocabulary kind) {
  switch (kind) {
    case Vocabulary::kObject:
      return "SELECT DISTINCT photo_id FROM object WHERE label_id = (SELECT id FROM label WHERE name = ?1) LIMIT ?2";
    case Vocabulary::kPerson:
      return "SELECT DISTINCT photo_id FROM face WHERE person_id IN (SELECT id FROM person WHERE name = ?1) LIMIT ?2";
    case Vocabulary::kKeyword:
      return "SELECT photo_id FROM keyword WHERE name = ?1 COLLATE NOCASE LIMIT ?2";
    case Vocabulary::kCamera:
    case Vocabulary::kLens:
    case Vocabulary::kPlace:
    case Vocabulary::kFolder:
      return "";
  }
  return "";
}

}  // namespace

StatusOr<std::vector<VocabularyWord>> SqliteCatalog::Words(Vocabulary kind) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database_->Query(WordsSql(kind)));
  return ReadRows(std::move(rows), [](const Statement& row) {
    return VocabularyWord{.text = row.Text(0), .uses = OptionalInt(row, 1)};
  });
}

StatusOr<int64_t> SqliteCatalog::CountUses(Vocabulary kind, std::string_view word, int64_t enough) {
  const std::string_view sql = UsesSql(kind);
  if (sql.empty()) {
    return absl::InvalidArgumentError("Words() has the counts of this kind");
  }
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const auto count,
                            database_->QueryInt("SELECT count(*) FROM (" + std::string(sql) + ")", word, enough));
  return count.value_or(0);
}

}  // namespace calotype
