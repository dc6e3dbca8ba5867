// ScannerCatalog: files that belong together (sidecars, videos of live photos, the RAW and the JPEG of one shot).
#include <fmt/format.h>

#include <string>

#include "catalog/facts_tables.h"
#include "catalog/path_range.h"
#include "catalog/photo_change.h"
#include "catalog/photo_pairs.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

// The facts that were read before are outdated. Pending and running ones are left: they will be read.
Status AskForFacts(Database& database, const Companion& companion) {
  if (companion.kind != CompanionKind::kSidecar) {
    return absl::OkStatus();
  }
  return database.Execute(
      "UPDATE analysis SET state = 0, attempts = 0, retry_at = 0, updated_at = unixepoch() WHERE analysis = ?1"
      " AND state IN (2, 3) AND photo_id = (SELECT photo_id FROM file WHERE path = ?2)",
      kFactsAnalysis, PathBytes(companion.photo_path));
}

// A RAW and its JPEG become one photo in lists, or two.
Status RecordChangedPair(Database& database, const Companion& companion) {
  if (companion.kind != CompanionKind::kRaw) {
    return absl::OkStatus();
  }
  for (const std::string& path : {companion.photo_path, companion.path}) {
    CALOTYPE_ASSIGN_OR_RETURN(const auto photo,
                              database.QueryInt("SELECT photo_id FROM file WHERE path = ?1", PathBytes(path)));
    if (photo.has_value()) {
      CALOTYPE_RETURN_IF_ERROR(RecordChange(database, *photo));
    }
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::vector<Companion>> SqlCatalog::CompanionsUnder(std::string_view root) {
  const MutexLock lock(&mutex_);
  const PathRange range = RangeBelow(root);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows, database_->Query("SELECT photo_path, path, kind, size, mtime_ns, ctime_ns, inode FROM companion"
                                       " WHERE photo_path = ?1 OR (photo_path > ?2 AND photo_path < ?3)"
                                       " ORDER BY photo_path, path",
                                       PathBytes(range.root), PathBytes(range.first), PathBytes(range.end)));
  return ReadRows(std::move(rows), CompanionOf);
}

Status SqlCatalog::PutCompanion(const Companion& companion) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_RETURN_IF_ERROR(database_->Execute(
      "INSERT INTO companion(photo_path, path, kind, size, mtime_ns, ctime_ns, inode)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
      " ON CONFLICT(photo_path, path) DO UPDATE SET kind = excluded.kind, size = excluded.size,"
      " mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns, inode = excluded.inode",
      PathBytes(companion.photo_path), PathBytes(companion.path), static_cast<int>(companion.kind),
      companion.stamp.size, companion.stamp.mtime_ns, companion.stamp.ctime_ns, companion.stamp.inode));
  CALOTYPE_RETURN_IF_ERROR(AskForFacts(*database_, companion));
  CALOTYPE_RETURN_IF_ERROR(RecordChangedPair(*database_, companion));
  return transaction.Commit();
}

Status SqlCatalog::UpdateCompanionStamp(const Companion& companion) {
  const MutexLock lock(&mutex_);
  return database_->Execute(
      "UPDATE companion SET size = ?3, mtime_ns = ?4, ctime_ns = ?5, inode = ?6 WHERE photo_path = ?1 AND path = ?2",
      PathBytes(companion.photo_path), PathBytes(companion.path), companion.stamp.size, companion.stamp.mtime_ns,
      companion.stamp.ctime_ns, companion.stamp.inode);
}

Status SqlCatalog::DropCompanion(const Companion& companion) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("DELETE FROM companion WHERE photo_path = ?1 AND path = ?2",
                                              PathBytes(companion.photo_path), PathBytes(companion.path)));
  CALOTYPE_RETURN_IF_ERROR(AskForFacts(*database_, companion));
  CALOTYPE_RETURN_IF_ERROR(RecordChangedPair(*database_, companion));
  return transaction.Commit();
}

StatusOr<std::vector<PhotoPair>> SqlCatalog::Pairs() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database_->Query(fmt::format("{} ORDER BY 1", kSelectPairs),
                                                             static_cast<int>(CompanionKind::kRaw)));
  return ReadRows(std::move(rows),
                  [](const Statement& row) { return PhotoPair{.raw = row.Int(0), .shown = row.Int(1)}; });
}

}  // namespace calotype
