// ScannerCatalog: files, problems and roots.
#include <fmt/format.h>

#include <algorithm>

#include "catalog/codec.h"
#include "catalog/lease.h"
#include "catalog/path_range.h"
#include "catalog/required_rows.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"
#include "catalog/text_query.h"

namespace calotype {
namespace {

// Changes of vectors that are kept, so that an index that was not used for long can still catch up.
constexpr int64_t kKeptChanges = 1'000'000;

StatusOr<PhotoId> FindOrAddPhoto(Database& database, int64_t bytes, const Sha256Digest& sha256) {
  const Blob digest = AsBlob(std::span(sha256.bytes));
  CALOTYPE_ASSIGN_OR_RETURN(const auto known, database.QueryInt("SELECT id FROM photo WHERE sha256 = ?1", digest));
  if (known.has_value()) {
    return *known;
  }
  return database.Insert("INSERT INTO photo(sha256, bytes, added_at) VALUES (?1, ?2, unixepoch())", digest, bytes);
}

// Indexes the names of the photo's files and of their folders.
Status IndexNames(Database& database, PhotoId photo) {
  std::string names;
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database.Query("SELECT path FROM file WHERE photo_id = ?1 ORDER BY path", photo));
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&](const Statement& row) {
    const std::string path = row.Text(0);
    names += fmt::format("{}{}", names.empty() ? "" : "\n", database.dialect().indexed_line(LastNames(path)));
  }));
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM name_fts WHERE rowid = ?1", photo));
  return names.empty() ? absl::OkStatus()
                       : database.Execute("INSERT INTO name_fts(rowid, body) VALUES (?1, ?2)", photo, names);
}

// A folder comes before those below it, but not always directly before: "/a", "/a b", "/a/b".
StatusOr<std::vector<std::string>> ReadRoots(Database& database) {
  std::vector<std::string> roots;
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query("SELECT path FROM root ORDER BY path"));
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&roots](const Statement& row) {
    const std::string path = row.Text(0);
    const bool below = std::ranges::any_of(
        roots, [&path](const std::string& root) { return path.starts_with(root == "/" ? root : root + "/"); });
    if (!below) {
      roots.push_back(path);
    }
  }));
  return roots;
}

}  // namespace

StatusOr<std::unordered_map<std::string, FileStamp>> SqlCatalog::FilesUnder(std::string_view root) {
  const MutexLock lock(&mutex_);
  const PathRange range = RangeBelow(root);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database_->Query("SELECT path, size, mtime_ns, ctime_ns, inode FROM file WHERE path = ?1 AND missing = 0"
                       " UNION ALL SELECT path, size, mtime_ns, ctime_ns, inode FROM file"
                       " WHERE path > ?2 AND path < ?3 AND missing = 0",
                       PathBytes(range.root), PathBytes(range.first), PathBytes(range.end)));
  std::unordered_map<std::string, FileStamp> files;
  CALOTYPE_RETURN_IF_ERROR(
      rows.ForEach([&files](const Statement& row) { files.emplace(row.Text(0), StampFromRow(row, 1)); }));
  return files;
}

StatusOr<int64_t> SqlCatalog::CountFilesUnder(std::string_view root) {
  const MutexLock lock(&mutex_);
  const PathRange range = RangeBelow(root);
  CALOTYPE_ASSIGN_OR_RETURN(
      const auto count, database_->QueryInt("SELECT count(*) FROM file WHERE (path = ?1 OR (path > ?2 AND path < ?3))"
                                            " AND missing = 0",
                                            PathBytes(range.root), PathBytes(range.first), PathBytes(range.end)));
  return count.value_or(0);
}

StatusOr<PhotoId> SqlCatalog::AddFile(std::string_view path, const FileStamp& stamp, const Sha256Digest& sha256) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const auto former,
                            database_->QueryInt("SELECT photo_id FROM file WHERE path = ?1", PathBytes(path)));
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoId photo, FindOrAddPhoto(*database_, stamp.size, sha256));
  CALOTYPE_RETURN_IF_ERROR(
      database_->Execute("INSERT INTO file(path, photo_id, size, mtime_ns, ctime_ns, inode)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                         " ON CONFLICT(path) DO UPDATE SET photo_id = excluded.photo_id, size = excluded.size,"
                         " mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns, inode = excluded.inode,"
                         " missing = 0, missing_since = NULL",
                         PathBytes(path), photo, stamp.size, stamp.mtime_ns, stamp.ctime_ns, stamp.inode));
  if (former.has_value() && *former != photo) {
    CALOTYPE_RETURN_IF_ERROR(
        database_->Execute("UPDATE photo SET orphaned_at = unixepoch() WHERE id = ?1 AND NOT EXISTS"
                           " (SELECT 1 FROM file WHERE photo_id = ?1)",
                           *former));
  }
  CALOTYPE_RETURN_IF_ERROR(
      database_->Execute("UPDATE photo SET orphaned_at = NULL WHERE id = ?1 AND orphaned_at IS NOT NULL", photo));
  if (!former.has_value() || *former != photo) {
    CALOTYPE_RETURN_IF_ERROR(IndexNames(*database_, photo));
    if (former.has_value()) {
      CALOTYPE_RETURN_IF_ERROR(IndexNames(*database_, *former));
    }
  }
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("DELETE FROM problem WHERE path = ?1", PathBytes(path)));
  CALOTYPE_RETURN_IF_ERROR(RequireOfPhoto(*database_, photo, LeaseNow().unix_seconds));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return photo;
}

Status SqlCatalog::UpdateFileStamp(std::string_view path, const FileStamp& stamp) {
  const MutexLock lock(&mutex_);
  return database_->Execute("UPDATE file SET size = ?2, mtime_ns = ?3, ctime_ns = ?4, inode = ?5 WHERE path = ?1",
                            PathBytes(path), stamp.size, stamp.mtime_ns, stamp.ctime_ns, stamp.inode);
}

Status SqlCatalog::AddProblem(std::string_view path, std::string_view reason) {
  const MutexLock lock(&mutex_);
  return database_->Execute(
      "INSERT INTO problem(path, reason) VALUES (?1, ?2) ON CONFLICT(path) DO UPDATE SET reason = excluded.reason",
      PathBytes(path), reason);
}

Status SqlCatalog::ClearProblems(std::string_view root) {
  const MutexLock lock(&mutex_);
  const PathRange range = RangeBelow(root);
  return database_->Execute("DELETE FROM problem WHERE path = ?1 OR (path > ?2 AND path < ?3)", PathBytes(range.root),
                            PathBytes(range.first), PathBytes(range.end));
}

StatusOr<FilesOfPhoto> SqlCatalog::FilesLike(std::string_view path) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Statement row, database_->Query("SELECT photo_id, size, mtime_ns, ctime_ns, inode FROM file"
                                                            " WHERE path = ?1 AND missing = 0",
                                                            PathBytes(path)));
  CALOTYPE_ASSIGN_OR_RETURN(const bool is_known, row.Step());
  if (!is_known) {
    return absl::NotFoundError(fmt::format("{} is not a known file", path));
  }
  FilesOfPhoto found{.photo = row.Int(0), .stamp = StampFromRow(row, 1), .files = {}};
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database_->Query("SELECT path, size, mtime_ns, ctime_ns, inode FROM file"
                                             " WHERE photo_id = ?1 AND missing = 0 AND path <> ?2 ORDER BY path",
                                             found.photo, PathBytes(path)));
  CALOTYPE_ASSIGN_OR_RETURN(found.files, ReadRows(std::move(rows), [](const Statement& file) {
                              return PhotoFile{.path = file.Text(0), .stamp = StampFromRow(file, 1)};
                            }));
  return found;
}

Status SqlCatalog::MarkMissing(std::span<const std::string> paths) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  for (const std::string& path : paths) {
    CALOTYPE_RETURN_IF_ERROR(database_->Execute(
        "UPDATE file SET missing = 1, missing_since = unixepoch() WHERE path = ?1 AND missing = 0", PathBytes(path)));
  }
  return transaction.Commit();
}

Status SqlCatalog::FinishRoot(std::string_view root, int64_t files) {
  const MutexLock lock(&mutex_);
  CALOTYPE_RETURN_IF_ERROR(database_->Execute(
      "DELETE FROM vector_change WHERE id <= (SELECT max(id) FROM vector_change) - ?1", kKeptChanges));
  return database_->Execute(
      "INSERT INTO root(path, scanned_at, files) VALUES (?1, unixepoch(), ?2)"
      " ON CONFLICT(path) DO UPDATE SET scanned_at = excluded.scanned_at, files = excluded.files, problem = ''",
      PathBytes(root), files);
}

StatusOr<std::vector<std::string>> SqlCatalog::Roots() {
  const MutexLock lock(&mutex_);
  return ReadRoots(*database_);
}

Status SqlCatalog::RemoveRoot(std::string_view root) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> roots, ReadRoots(*database_));
  if (std::ranges::find(roots, root) == roots.end()) {
    return absl::NotFoundError(fmt::format("{} is not a scanned folder (calotype folders list)", root));
  }
  const PathRange range = RangeBelow(root);
  CALOTYPE_RETURN_IF_ERROR(
      database_->Execute("UPDATE file SET missing = 1, missing_since = unixepoch()"
                         " WHERE (path = ?1 OR (path >= ?2 AND path < ?3)) AND missing = 0",
                         PathBytes(range.root), PathBytes(range.first), PathBytes(range.end)));
  for (const char* const table : {"root", "problem"}) {
    CALOTYPE_RETURN_IF_ERROR(
        database_->Execute(fmt::format("DELETE FROM {} WHERE path = ?1 OR (path >= ?2 AND path < ?3)", table),
                           PathBytes(range.root), PathBytes(range.first), PathBytes(range.end)));
  }
  return transaction.Commit();
}

}  // namespace calotype
