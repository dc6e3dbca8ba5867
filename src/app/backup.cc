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
  CALOTYPE_ASSIGN_OR_RETURN(const FileLock lock, FileLock::Take(files.scan_lock(), "scan of this catalogue"));
  CALOTYPE_ASSIGN_OR_RETURN(const FileLock server,
                            FileLock::Take(files.server_lock(), "server (calotype serve) of this catalogue"));
  const std::optional<ClosedCatalog> closed = library.catalogs().Close(kPatience);
  if (!closed) {
    return absl::FailedPreconditionError("the catalogue is in use; try again when searches and changes are finished");
  }
  CALOTYPE_ASSIGN_OR_RETURN(auto replaced, Catalog::Restore(backup, library.app().settings().catalog_file));
  return RestoredCatalogue{.replaced = std::move(replaced)};
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
