// VocabularyCatalog.
#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/text.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

std::string_view WordsSql(const Dialect& dialect, Vocabulary kind) {
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
      return dialect.keywords;
    case Vocabulary::kFolder:
      return "SELECT rtrim(value, '/'), uses FROM vocabulary WHERE kind = 6 AND value <> '/' ORDER BY value";
  }
  return "";
}

// ?1 is the word, ?2 the limit. Empty where Words() counts.
std::string UsesSql(const Dialect& dialect, Vocabulary kind) {
  switch (kind) {
    case Vocabulary::kObject:
      return "SELECT DISTINCT photo_id FROM object WHERE label_id = (SELECT id FROM label WHERE name = ?1) LIMIT ?2";
    case Vocabulary::kPerson:
      return "SELECT DISTINCT photo_id FROM face WHERE person_id IN (SELECT id FROM person WHERE name = ?1) LIMIT ?2";
    case Vocabulary::kKeyword:
      return fmt::format("SELECT photo_id FROM keyword WHERE {} = ?1 LIMIT ?2", dialect.keyword_key);
    case Vocabulary::kCamera:
    case Vocabulary::kLens:
    case Vocabulary::kPlace:
    case Vocabulary::kFolder:
      return "";
  }
  return "";
}

}  // namespace

StatusOr<std::vector<VocabularyWord>> SqlCatalog::Words(Vocabulary kind) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database_->Query(WordsSql(database_->dialect(), kind)));
  return ReadRows(std::move(rows), [](const Statement& row) {
    return VocabularyWord{.text = row.Text(0), .uses = OptionalInt(row, 1)};
  });
}

StatusOr<int64_t> SqlCatalog::CountUses(Vocabulary kind, std::string_view word, int64_t enough) {
  const MutexLock lock(&mutex_);
  const std::string sql = UsesSql(database_->dialect(), kind);
  if (sql.empty()) {
    return absl::InvalidArgumentError("Words() has the counts of this kind");
  }
  const std::string asked = kind == Vocabulary::kKeyword ? ToLowerAscii(word) : std::string(word);
  CALOTYPE_ASSIGN_OR_RETURN(const auto count,
                            database_->QueryInt("SELECT count(*) FROM (" + sql + ") AS uses", asked, enough));
  return count.value_or(0);
}

}  // namespace calotype
