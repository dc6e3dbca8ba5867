// ChangeCatalog. SQLite has one writer at a time, so changes are committed in the order of their numbers.
#include <utility>

#include "catalog/codec.h"
#include "catalog/library_keys.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

PhotoChange ChangeOf(const Statement& row) {
  PhotoChange change{.number = row.Int(0), .photo = row.Int(1)};
  if (row.IsNull(2)) {
    change.presence = PhotoPresence::kDeleted;
    return change;
  }
  change.sha256 = DigestFromBlob(row.Bytes(2));
  change.presence = row.IsNull(3) ? PhotoPresence::kMissing : PhotoPresence::kPresent;
  change.path = row.IsNull(4) ? std::string() : row.Text(4);
  return change;
}

}  // namespace

StatusOr<PhotoChanges> SqlCatalog::ChangesSince(int64_t since, int limit) {
  const MutexLock lock(&mutex_);
  PhotoChanges changes;
  CALOTYPE_ASSIGN_OR_RETURN(std::optional<std::string> library, ReadKey(*database_, kLibraryIdKey));
  changes.library = std::move(library).value_or("");
  CALOTYPE_ASSIGN_OR_RETURN(const auto last, database_->QueryInt("SELECT max(number) FROM photo_change"));
  changes.last = last.value_or(0);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database_->Query("SELECT number, photo_id, sha256, present, coalesce(present, (SELECT min(path) FROM file"
                       " WHERE file.photo_id = changed.photo_id)) FROM"
                       " (SELECT number, photo_id, (SELECT min(path) FROM file WHERE file.photo_id ="
                       " photo_change.photo_id AND missing = 0) AS present FROM photo_change WHERE number > ?1"
                       " ORDER BY number LIMIT ?2) AS changed LEFT JOIN photo ON photo.id = changed.photo_id"
                       " ORDER BY number",
                       since, limit));
  CALOTYPE_ASSIGN_OR_RETURN(changes.changes, ReadRows(std::move(rows), ChangeOf));
  return changes;
}

}  // namespace calotype
