#include "catalog/sqlite_catalog.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "catalog/schema.h"

namespace calotype {
namespace {

// WAL: readers and the writer do not wait for each other. NORMAL: a power cut may undo the latest commits, whose work
// is then pending again; it never damages the file.
constexpr const char* kWritePragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;";
constexpr const char* kPragmas = "PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000;";

// When several processes create the same file at once, SQLite refuses the change to WAL immediately instead of waiting
// for the lock.
constexpr int kOpenTries = 100;
constexpr absl::Duration kOpenWait = absl::Milliseconds(50);

// SQLite takes a file of 0 bytes for a new database. If scans were made with it, everything is lost: say so.
Status CheckNotEmptied(const CatalogFiles& files) {
  std::error_code error;
  const bool is_empty = std::filesystem::file_size(files.database(), error) == 0 && !error;
  if (!is_empty || !std::filesystem::exists(files.scan_lock(), error)) {
    return absl::OkStatus();
  }
  return absl::DataLossError(
      fmt::format("the catalogue {} is empty, though scans were made with it; restore it from a backup, or delete it "
                  "and scan again",
                  files.database().string()));
}

// The write-ahead log needs memory that all processes share, which network file systems do not offer between machines.
Status CheckFileSystem(const CatalogFiles& files, const SqliteCatalog::FileSystemProbe& probe) {
  std::error_code error;
  const bool exists = std::filesystem::exists(files.database(), error);
  const std::filesystem::path folder = files.folder().empty() ? std::filesystem::path(".") : files.folder();
  const StatusOr<FileSystemKind> kind = probe(exists ? files.database() : folder);
  if (!kind.ok() || (*kind != FileSystemKind::kNfs && *kind != FileSystemKind::kCifs)) {
    return absl::OkStatus();  // SQLite reports a folder that does not exist.
  }
  return absl::FailedPreconditionError(fmt::format(
      "the catalogue {} is on a network file system ({}), where it can be damaged when several programs use it; set "
      "catalog.file to a path on a local disk (photos may stay where they are)",
      files.database().string(), FileSystemName(*kind)));
}

Status Prepare(SqliteDatabase& database) {
  CALOTYPE_RETURN_IF_ERROR(Migrate(database));
  if (!database.read_only()) {
    CALOTYPE_RETURN_IF_ERROR(database.Script(kWritePragmas));
  }
  return database.Script(kPragmas);
}

}  // namespace

StatusOr<std::unique_ptr<Catalog>> SqliteCatalog::OpenFile(const CatalogFiles& files, const FileSystemProbe& probe) {
  CALOTYPE_RETURN_IF_ERROR(CheckFileSystem(files, probe));
  CALOTYPE_RETURN_IF_ERROR(CheckNotEmptied(files));
  CALOTYPE_ASSIGN_OR_RETURN(std::unique_ptr<SqliteDatabase> database, SqliteDatabase::Open(files.database()));
  Status status = Prepare(*database);
  for (int tries = 1; absl::IsUnavailable(status) && tries < kOpenTries; ++tries) {
    absl::SleepFor(kOpenWait);
    status = Prepare(*database);
  }
  CALOTYPE_RETURN_IF_ERROR(status);
  return std::make_unique<SqliteCatalog>(std::move(database));
}

}  // namespace calotype
