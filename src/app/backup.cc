#include "app/backup.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <optional>
#include <system_error>
#include <utility>

#include "base/file_lock.h"
#include "catalog/copy_catalog.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// How long Restore waits for searches and changes that are in progress.
constexpr std::chrono::seconds kPatience{10};

// "catalog-2024-05-01-123456.db"
std::string DatedName() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  return fmt::format("catalog-{:04}-{:02}-{:02}-{:02}{:02}{:02}.db", local.tm_year + 1900, local.tm_mon + 1,
                     local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
}

}  // namespace

StatusOr<Backup> BackUpCatalogue(Library& library, const fs::path& target) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  std::error_code error;
  Backup backup{.file = fs::is_directory(target, error) ? target / DatedName() : target};
  CALOTYPE_RETURN_IF_ERROR(catalog->BackUp(backup.file));
  backup.bytes = static_cast<int64_t>(fs::file_size(backup.file, error));
  return backup;
}

StatusOr<RestoredCatalogue> RestoreCatalogue(Library& library, const fs::path& backup) {
  const CatalogFiles& files = library.app().catalog_files();
  std::error_code error;
  fs::create_directories(files.folder(), error);
  const StatusOr<FileLock> server = FileLock::Take(files.server_lock(), "server (calotype serve) of this catalogue");
  if (absl::IsFailedPrecondition(server.status())) {
    return absl::FailedPreconditionError(
        fmt::format("{}; or let it restore a backup in {}: calotype restore BACKUP --server URL",
                    Message(server.status()), files.folder().string()));
  }
  CALOTYPE_RETURN_IF_ERROR(server.status());
  return RestoreWhileServing(library, backup, {});
}

StatusOr<RestoredCatalogue> RestoreWhileServing(Library& library, const fs::path& backup, const std::stop_token& stop) {
  CALOTYPE_ASSIGN_OR_RETURN(const FileLock lock,
                            FileLock::Take(library.app().catalog_files().scan_lock(), "scan of this catalogue"));
  std::optional<ClosedCatalog> closed;  // until the new catalogue is in place
  const auto close = [&]() -> Status {
    if (stop.stop_requested()) {
      return absl::CancelledError("stopped; the catalogue was not changed");
    }
    if (std::optional<ClosedCatalog> now = library.catalogs().Close(kPatience); now.has_value()) {
      closed.emplace(*std::move(now));
      return absl::OkStatus();
    }
    return absl::FailedPreconditionError("the catalogue is in use; try again when searches and changes are finished");
  };
  CALOTYPE_ASSIGN_OR_RETURN(auto replaced, Catalog::Restore(backup, library.app().settings().catalog_file, close));
  return RestoredCatalogue{.replaced = std::move(replaced)};
}

StatusOr<fs::path> FindServedBackup(const Library& library, const std::string& named) {
  const CatalogFiles& files = library.app().catalog_files();
  const fs::path name = fs::path(named).filename();
  fs::path file = files.InFolder(name.string());
  if (name.empty() || (named != name && named != file) || name == ".." || file == files.database()) {
    return absl::InvalidArgumentError(fmt::format(
        "'{}' is not a backup in {}; a server restores only backups that lie there", named, files.folder().string()));
  }
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(file, error))) {
    return absl::NotFoundError(fmt::format("there is no backup {} in {}", name.string(), files.folder().string()));
  }
  return file;
}

StatusOr<CopiedCatalogue> CopyCatalogue(const std::string& from, const std::string& to,
                                        const std::function<void(std::string_view table, int64_t rows)>& tell) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<CopiedTable> tables, CopyCatalog(from, to, tell));
  CopiedCatalogue copied;
  for (const CopiedTable& table : tables) {
    copied.tables.push_back({.name = table.name, .rows = table.rows, .sha256 = table.sha256});
  }
  return copied;
}

StatusOr<std::vector<std::string>> FindCatalogueFaults(Library& library) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->Check();
}

}  // namespace calotype
