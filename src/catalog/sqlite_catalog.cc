#include "catalog/sqlite_catalog.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "catalog/schema.h"

namespace calotype {
namespace {

// WAL: readers and the writer do not wait for each other. NORMAL: a power cut may take the last commits, which are then
// found pending; it never leaves a damaged file.
constexpr const char* kPragmas =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000;";

// Several processes that create the same file at once meet at the change to WAL, which SQLite refuses at once instead
// of waiting for the lock.
constexpr int kOpenTries = 100;
constexpr absl::Duration kOpenWait = absl::Milliseconds(50);

// SQLite takes a file without a byte for a new database: all that was known would be gone without a word.
Status CheckNotEmptied(const std::filesystem::path& file) {
  std::error_code error;
  const bool is_empty = std::filesystem::file_size(file, error) == 0 && !error;
  if (!is_empty || !std::filesystem::exists(ScanLockFile(file), error)) {
    return absl::OkStatus();
  }
  return absl::DataLossError(
      fmt::format("the catalogue {} is empty, though scans were made with it: restore it from a backup, or remove it "
                  "and scan again",
                  file.string()));
}

Status Prepare(Database& database) {
  CALOTYPE_RETURN_IF_ERROR(Migrate(database));
  return database.Script(kPragmas);
}

}  // namespace

std::filesystem::path ScanLockFile(const std::filesystem::path& catalog_file) {
  return catalog_file.string() + ".scan.lock";
}

StatusOr<std::unique_ptr<Catalog>> Catalog::Open(const std::filesystem::path& file) {
  CALOTYPE_RETURN_IF_ERROR(CheckNotEmptied(file));
  CALOTYPE_ASSIGN_OR_RETURN(std::unique_ptr<Database> database, Database::Open(file));
  Status status = Prepare(*database);
  for (int tries = 1; absl::IsUnavailable(status) && tries < kOpenTries; ++tries) {
    absl::SleepFor(kOpenWait);
    status = Prepare(*database);
  }
  CALOTYPE_RETURN_IF_ERROR(status);
  return std::make_unique<SqliteCatalog>(std::move(database));
}

}  // namespace calotype
