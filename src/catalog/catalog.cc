#include "catalog/catalog.h"

#include "catalog/postgres_address.h"
#include "catalog/postgres_catalog.h"
#include "catalog/sqlite_catalog.h"

namespace calotype {

StatusOr<std::unique_ptr<Catalog>> Catalog::Open(const std::string& url) {
  if (IsPostgresUrl(url)) {
    return PostgresCatalog::OpenServer(url);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogFiles files, CatalogFiles::Of(url));
  return SqliteCatalog::OpenFile(files, [](const std::filesystem::path& path) { return FileSystemOf(path); });
}

StatusOr<std::optional<std::filesystem::path>> Catalog::Restore(const std::filesystem::path& backup,
                                                                const std::string& url,
                                                                const std::function<Status()>& close) {
  if (IsPostgresUrl(url)) {
    return absl::UnimplementedError(
        "a catalogue on a server is restored with the server's own tools: pg_restore --dbname=DATABASE BACKUP "
        "(docs/postgres.md)");
  }
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogFiles files, CatalogFiles::Of(url));
  return SqliteCatalog::RestoreFile(backup, files, close);
}

}  // namespace calotype
