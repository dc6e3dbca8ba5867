// MaintenanceCatalog::DeleteMissing().
#include <array>
#include <string_view>
#include <utility>

#include "catalog/decision_journal.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

// In an order that never leaves a reference to a deleted row. The table `deleted` holds the photos' ids.
constexpr std::array kDeletions = {
    "DELETE FROM claim WHERE photo_id IN (SELECT id FROM deleted)",
    "DELETE FROM analysis WHERE photo_id IN (SELECT id FROM deleted)",
    "DELETE FROM object WHERE photo_id IN (SELECT id FROM deleted)",
    "DELETE FROM tag WHERE photo_id IN (SELECT id FROM deleted)",
    "DELETE FROM face WHERE photo_id IN (SELECT id FROM deleted)",
    "DELETE FROM text_line WHERE photo_id IN (SELECT id FROM deleted)",
    "DELETE FROM text_fts WHERE rowid IN (SELECT id FROM deleted)",
    "DELETE FROM embedding WHERE photo_id IN (SELECT id FROM deleted)",
    "DELETE FROM pdq WHERE photo_id IN (SELECT id FROM deleted)",
    "DELETE FROM kept WHERE photo_id IN (SELECT id FROM deleted)",
    "DELETE FROM keyword WHERE photo_id IN (SELECT id FROM deleted)",
    "DELETE FROM named_region WHERE photo_id IN (SELECT id FROM deleted)",
    "DELETE FROM name_fts WHERE rowid IN (SELECT id FROM deleted)",
    "DELETE FROM forgotten_face WHERE photo_id IN (SELECT id FROM deleted)",
    "DELETE FROM photo_mark WHERE photo_id IN (SELECT id FROM deleted)",
    // A later photo may get the number.
    "DELETE FROM decision_change WHERE kind = 9 AND about IN (SELECT id FROM deleted)",
    "DELETE FROM photo WHERE id IN (SELECT id FROM deleted)",
};

// Those without a name, with the decisions that concern them: nothing is left that could be undone.
Status DeletePeopleWithoutFaces(Database& database) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query("SELECT id FROM person WHERE name = '' AND NOT EXISTS"
                                                           " (SELECT 1 FROM face WHERE person_id = person.id)"));
  CALOTYPE_ASSIGN_OR_RETURN(const auto people,
                            ReadRows(std::move(rows), [](const Statement& row) { return PersonId{row.Int(0)}; }));
  CALOTYPE_RETURN_IF_ERROR(DeleteDecisionsAbout(database, {people.begin(), people.end()}));
  for (const PersonId person : people) {
    CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM person WHERE id = ?1", person));
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<int64_t> SqlCatalog::DeleteMissing(int64_t before) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(
      const auto due,
      database_->QueryInt("SELECT EXISTS (SELECT 1 FROM file WHERE missing = 1 AND missing_since < ?1) OR EXISTS"
                          " (SELECT 1 FROM photo WHERE orphaned_at < ?1)",
                          before));
  if (due.value_or(0) == 0) {
    return 0;
  }
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("CREATE TEMP TABLE deleted (id BIGINT PRIMARY KEY)"));
  CALOTYPE_RETURN_IF_ERROR(database_->Execute(
      "INSERT INTO deleted SELECT DISTINCT photo_id FROM file AS old WHERE missing = 1 AND missing_since < ?1"
      " AND NOT EXISTS (SELECT 1 FROM file WHERE photo_id = old.photo_id AND (missing = 0 OR missing_since >= ?1))"
      " UNION SELECT id FROM photo WHERE orphaned_at < ?1",
      before));
  CALOTYPE_ASSIGN_OR_RETURN(const auto count, database_->QueryInt("SELECT count(*) FROM deleted"));
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("DELETE FROM file WHERE missing = 1 AND missing_since < ?1", before));
  for (const char* deletion : kDeletions) {
    CALOTYPE_RETURN_IF_ERROR(database_->Execute(deletion));
  }
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("DELETE FROM companion WHERE photo_path NOT IN (SELECT path FROM file)"));
  CALOTYPE_RETURN_IF_ERROR(
      database_->Execute("DELETE FROM face_not_person WHERE face_id NOT IN (SELECT id FROM face)"));
  CALOTYPE_RETURN_IF_ERROR(DeletePeopleWithoutFaces(*database_));
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("DROP TABLE deleted"));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return count.value_or(0);
}

}  // namespace calotype
