// What is to be done: which analyses each photo still lacks, and who is at it.
#include <algorithm>
#include <set>

#include "catalog/sqlite_catalog.h"

namespace calotype {
namespace {

Status RequireOne(Database& database, const AnalysisVersion& wanted) {
  CALOTYPE_RETURN_IF_ERROR(
      database.Execute("INSERT INTO required(analysis, version) VALUES (?1, ?2)"
                       " ON CONFLICT(analysis) DO UPDATE SET version = excluded.version",
                       wanted.analysis, wanted.version));
  return database.Execute(
      "INSERT INTO analysis(photo_id, analysis, version, updated_at)"
      " SELECT id, ?1, ?2, unixepoch() FROM photo"
      " WHERE NOT EXISTS (SELECT 1 FROM analysis a WHERE a.photo_id = photo.id AND a.analysis = ?1 AND a.version = ?2)"
      " AND EXISTS (SELECT 1 FROM file WHERE file.photo_id = photo.id AND missing = 0)"
      " ON CONFLICT(photo_id, analysis) DO UPDATE SET version = excluded.version, reason = '', attempts = 0,"
      " updated_at = excluded.updated_at, state = CASE WHEN found_version = ?2 OR EXISTS (SELECT 1 FROM kept WHERE"
      " kept.photo_id = analysis.photo_id AND kept.analysis = ?1 AND kept.version = ?2) THEN 2 ELSE 0 END",
      wanted.analysis, wanted.version);
}

// The `limit` oldest photos with a pending row among `analyses`. Each analysis is asked for its own oldest, which the
// index answers in order, so the cost does not grow with the number of pending rows.
StatusOr<std::set<PhotoId>> OldestPending(Database& database, std::span<const std::string> analyses, int limit) {
  std::set<PhotoId> photos;
  for (const std::string& analysis : analyses) {
    CALOTYPE_ASSIGN_OR_RETURN(
        Statement rows,
        database.Query("SELECT photo_id FROM analysis WHERE state = 0 AND analysis = ?1"
                       " AND EXISTS (SELECT 1 FROM file WHERE file.photo_id = analysis.photo_id AND missing = 0)"
                       " ORDER BY photo_id LIMIT ?2",
                       analysis, limit));
    CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&photos](const Statement& row) { photos.insert(row.Int(0)); }));
  }
  while (photos.size() > static_cast<std::size_t>(limit)) {
    photos.erase(std::prev(photos.end()));
  }
  return photos;
}

StatusOr<std::vector<std::string>> PresentPaths(Database& database, PhotoId photo) {
  std::vector<std::string> paths;
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows, database.Query("SELECT path FROM file WHERE photo_id = ?1 AND missing = 0 ORDER BY path", photo));
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&paths](const Statement& row) { paths.push_back(row.Text(0)); }));
  return paths;
}

StatusOr<PendingPhoto> ClaimPhoto(Database& database, PhotoId photo, std::span<const std::string> analyses) {
  PendingPhoto claimed{.id = photo, .paths = {}, .analyses = {}};
  CALOTYPE_ASSIGN_OR_RETURN(claimed.paths, PresentPaths(database, photo));
  for (const std::string& analysis : analyses) {
    CALOTYPE_RETURN_IF_ERROR(
        database.Execute("UPDATE analysis SET state = 1, attempts = attempts + 1, updated_at = unixepoch()"
                         " WHERE photo_id = ?1 AND analysis = ?2 AND state = 0",
                         photo, analysis));
    if (database.changes() == 1) {
      claimed.analyses.push_back(analysis);
    }
  }
  return claimed;
}

}  // namespace

Status SqliteCatalog::ResetRunning() {
  const MutexLock lock(&mutex_);
  return database_->Execute("UPDATE analysis SET state = 0 WHERE state = 1");
}

Status SqliteCatalog::RequireAnalyses(std::span<const AnalysisVersion> analyses) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*database_));
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("DELETE FROM required"));
  for (const AnalysisVersion& wanted : analyses) {
    CALOTYPE_RETURN_IF_ERROR(RequireOne(*database_, wanted));
  }
  return transaction.Commit();
}

StatusOr<std::vector<PendingPhoto>> SqliteCatalog::ClaimPending(std::span<const std::string> analyses, int limit) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const std::set<PhotoId> photos, OldestPending(*database_, analyses, std::max(limit, 0)));
  std::vector<PendingPhoto> claimed;
  for (const PhotoId photo : photos) {
    CALOTYPE_ASSIGN_OR_RETURN(PendingPhoto pending, ClaimPhoto(*database_, photo, analyses));
    claimed.push_back(std::move(pending));
  }
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return claimed;
}

StatusOr<int64_t> SqliteCatalog::RetryFailed() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*database_));
  CALOTYPE_RETURN_IF_ERROR(
      database_->Execute("UPDATE analysis SET state = 0, reason = '', updated_at = unixepoch()"
                         " WHERE state = 4 AND photo_id IN (SELECT photo_id FROM analysis WHERE state = 3)"));
  CALOTYPE_RETURN_IF_ERROR(
      database_->Execute("UPDATE analysis SET state = 0, reason = '', updated_at = unixepoch() WHERE state = 3"));
  const int64_t failed = database_->changes();
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return failed;
}

}  // namespace calotype
