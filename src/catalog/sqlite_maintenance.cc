// MaintenanceCatalog on SQLite: backup, check and restore.
#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

#include "base/file.h"
#include "catalog/library_keys.h"
#include "catalog/row_values.h"
#include "catalog/sqlite_catalog.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// Problems that Check() reports at most.
constexpr int kMaxProblems = 100;

// Files that SQLite keeps beside a database in use.
constexpr std::array kCompanions = {"", "-wal", "-shm"};

Status FileError(const std::error_code& error, std::string_view what, const fs::path& path) {
  return error ? ErrnoStatus(error.value(), fmt::format("{} {}", what, path.string())) : absl::OkStatus();
}

Status Move(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  return FileError(error, "move", from);
}

}  // namespace

Status SqliteCatalog::BackUp(const fs::path& target) {
  std::error_code error;
  const bool exists = fs::exists(target, error);
  CALOTYPE_RETURN_IF_ERROR(FileError(error, "look for", target));
  if (exists) {
    return absl::AlreadyExistsError(fmt::format("{} exists already and is not overwritten", target.string()));
  }
  if (const fs::path folder = target.parent_path(); !folder.empty() && !fs::is_directory(folder, error)) {
    return absl::NotFoundError(fmt::format("the folder {} does not exist", folder.string()));
  }
  const fs::path part = target.string() + ".part";
  // SQLite writes into an empty file. Created here, because its error would name the catalogue, and not this file.
  CALOTYPE_RETURN_IF_ERROR(Annotate(WriteFileAtomically(part, {}), fmt::format("backup {}", target.string())));
  Status status;
  {
    const MutexLock lock(&mutex_);
    // One read transaction, so the copy is of one instant. Free pages are left out.
    status = database_->Execute("VACUUM INTO ?1", part.string());
  }
  if (!status.ok()) {
    fs::remove(part, error);
    return absl::IsResourceExhausted(status)
               ? absl::ResourceExhaustedError(
                     fmt::format("disk full: the backup {} cannot be written; free space there, or name another folder",
                                 target.string()))
               : Annotate(status, fmt::format("backup {}", target.string()));
  }
  CALOTYPE_RETURN_IF_ERROR(Move(part, target));
  // A catalogue that cannot be written can be backed up, too.
  const MutexLock lock(&mutex_);
  database_
      ->Execute("INSERT OR REPLACE INTO backup(path, made_at) VALUES (?1, unixepoch())",
                PathBytes(fs::absolute(target, error).lexically_normal().native()))
      .IgnoreError();
  return absl::OkStatus();
}

Status SqliteCatalog::EraseDeleted() {
  const MutexLock lock(&mutex_);
  if (database_->in_transaction()) {
    return absl::FailedPreconditionError("a transaction is open on this connection to the catalogue");
  }
  // SQLite can overwrite what it deletes (secure_delete), but what it moved to another page stays in the old one.
  // VACUUM writes all pages anew, through the write-ahead log, which has to be emptied then.
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("VACUUM"));
  CALOTYPE_ASSIGN_OR_RETURN(const auto busy, database_->QueryInt("PRAGMA wal_checkpoint(TRUNCATE)"));
  if (busy.value_or(1) != 0) {
    return absl::UnavailableError(fmt::format(
        "another process reads the catalogue {}, whose log still has deleted bytes; end that process", file_.string()));
  }
  return DropKey(*database_, kEraseKey);
}

StatusOr<bool> SqliteCatalog::CheckDatabase(std::vector<std::string>& problems) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement integrity,
                            database_->Query(fmt::format("PRAGMA integrity_check({})", kMaxProblems)));
  CALOTYPE_RETURN_IF_ERROR(integrity.ForEach([&problems](const Statement& row) {
    if (std::string line = row.Text(0); line != "ok") {
      problems.push_back(std::move(line));
    }
  }));
  // SQLite reads a last page that is cut short as if the rest were zeros.
  CALOTYPE_ASSIGN_OR_RETURN(const auto page_size, database_->QueryInt("PRAGMA page_size"));
  std::error_code error;
  const auto size = static_cast<int64_t>(fs::file_size(file_, error));
  if (!error && size % page_size.value_or(1) != 0) {
    problems.push_back(fmt::format(
        "the file has {} bytes, which is not a whole number of pages of {} bytes: it was cut short", size, *page_size));
  }
  if (!problems.empty()) {
    return false;
  }
  CALOTYPE_ASSIGN_OR_RETURN(Statement keys, database_->Query("PRAGMA foreign_key_check"));
  CALOTYPE_RETURN_IF_ERROR(keys.ForEach([&problems](const Statement& row) {
    if (problems.size() < kMaxProblems) {
      problems.push_back(
          fmt::format("row {} of {} refers to a row of {} that does not exist", row.Int(1), row.Text(0), row.Text(2)));
    }
  }));
  return true;
}

namespace {

// Copies a database, and its write-ahead log if it has one: a catalogue that was copied with other tools while it was
// in use has its newest changes there.
Status CopyDatabase(const fs::path& from, const fs::path& to) {
  for (const char* companion : {"", "-wal"}) {
    const fs::path file = from.string() + companion;
    std::error_code error;
    if (*companion != '\0' && !fs::exists(file, error)) {
      continue;
    }
    const fs::path copy = to.string() + companion;
    fs::copy_file(file, copy, error);
    CALOTYPE_RETURN_IF_ERROR(FileError(error, fmt::format("copy {} to", file.string()), copy));
  }
  return absl::OkStatus();
}

// Checks `part`, the copy of `backup`, and gives it a new id. Errors name the backup.
Status PrepareRestored(const fs::path& part, const fs::path& backup) {
  std::error_code error;
  if (fs::file_size(part, error) == 0) {
    return absl::DataLossError(fmt::format("{} is empty; nothing was changed", backup.string()));
  }
  const StatusOr<std::unique_ptr<Catalog>> catalog = Catalog::Open(part);
  if (absl::IsDataLoss(catalog.status())) {
    return absl::DataLossError(
        fmt::format("{} is damaged or not a catalogue of Calotype; nothing was changed", backup.string()));
  }
  if (!catalog.ok()) {
    return Annotate(catalog.status(), fmt::format("restore {}", backup.string()));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> problems, (*catalog)->Check());
  if (!problems.empty()) {
    return absl::DataLossError(fmt::format("{} is damaged ({}); nothing was changed", backup.string(), problems[0]));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto database, SqliteDatabase::Open(part));
  CALOTYPE_RETURN_IF_ERROR(
      database->Execute("UPDATE library SET value = lower(hex(randomblob(12))) WHERE key = ?1", kLibraryIdKey));
  return database->Script("PRAGMA wal_checkpoint(TRUNCATE);");
}

// Moves the files of the database. Returns where they are now; nullopt if there was no database.
StatusOr<std::optional<fs::path>> MoveAway(const CatalogFiles& files) {
  const fs::path target = files.NextBeforeRestore();
  std::error_code error;
  std::optional<fs::path> moved;
  for (const char* companion : kCompanions) {
    if (const fs::path before = files.database().string() + companion; fs::exists(before, error)) {
      CALOTYPE_RETURN_IF_ERROR(Move(before, target.string() + companion));
      moved = target;
    }
  }
  return moved;
}

}  // namespace

StatusOr<std::optional<fs::path>> SqliteCatalog::RestoreFile(const fs::path& backup, const CatalogFiles& files,
                                                             const std::function<Status()>& close) {
  const fs::path& file = files.database();
  std::error_code error;
  if (!fs::exists(backup, error)) {
    return absl::NotFoundError(fmt::format("{} does not exist", backup.string()));
  }
  const fs::path part = file.string() + ".restoring";
  const auto remove_part = [&part] {
    std::error_code ignored;
    for (const char* companion : kCompanions) {
      fs::remove(part.string() + companion, ignored);
    }
  };
  remove_part();
  fs::create_directories(file.parent_path(), error);
  Status status = CopyDatabase(backup, part);
  if (status.ok()) {
    status = PrepareRestored(part, backup);
  }
  if (status.ok()) {
    status = close();
  }
  if (!status.ok()) {
    remove_part();
    return status;
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::optional<fs::path> replaced, MoveAway(files));
  CALOTYPE_RETURN_IF_ERROR(Move(part, file));
  remove_part();
  return replaced;
}

}  // namespace calotype
