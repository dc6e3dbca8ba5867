#include "catalog/postgres_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "catalog/library_keys.h"
#include "catalog/postgres_schema.h"
#include "catalog/postgres_text_index.h"
#include "catalog/row_values.h"

namespace calotype {

StatusOr<std::unique_ptr<Catalog>> PostgresCatalog::OpenServer(const std::string& url) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogFiles files, CatalogFiles::Of(url));
  std::error_code error;
  std::filesystem::create_directories(files.folder(), error);
  if (error) {
    return absl::PermissionDeniedError(
        fmt::format("cannot create {}, where this machine keeps its own files of the catalogue: {}",
                    files.folder().string(), error.message()));
  }
  CALOTYPE_ASSIGN_OR_RETURN(PostgresAddress address, PostgresAddress::Of(url));
  CALOTYPE_ASSIGN_OR_RETURN(std::unique_ptr<PostgresDatabase> database, PostgresDatabase::Open(std::move(address)));
  CALOTYPE_RETURN_IF_ERROR(MigratePostgres(*database));
  return std::make_unique<PostgresCatalog>(std::move(database));
}

StatusOr<std::vector<TextMatch>> PostgresCatalog::SearchText(std::string_view words, bool phrase, int limit) {
  const MutexLock lock(&mutex_);
  return RankedMatches(*database_, "text_fts", QueriedPhrases(words, phrase), limit);
}

StatusOr<std::string> PostgresCatalog::MatchingLine(PhotoId photo, std::string_view words, bool phrase) {
  const MutexLock lock(&mutex_);
  const std::vector<TokenPhrase> phrases = QueriedPhrases(words, phrase);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows, database_->Query("SELECT text FROM text_line WHERE photo_id = ?1 ORDER BY position", photo));
  std::string best;
  int most = 0;
  std::vector<bool> found(phrases.size());
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&](const Statement& row) {
    std::string line = row.Text(0);
    if (const int matches = CountMatches(phrases, Tokens(line), found); matches > most) {
      most = matches;
      best = std::move(line);
    }
  }));
  const bool has_all = std::ranges::all_of(found, [](bool one) { return one; });
  return has_all ? best : std::string();
}

StatusOr<std::vector<TextMatch>> PostgresCatalog::SearchNames(std::string_view words, int limit) {
  const MutexLock lock(&mutex_);
  return RankedMatches(*database_, "name_fts", QueriedPhrases(words, /*phrase=*/false), limit);
}

Status PostgresCatalog::BackUp(const std::filesystem::path& target) {
  const MutexLock lock(&mutex_);
  return absl::UnimplementedError(fmt::format(
      "the catalogue {} is on a server, whose own tools make its backups: pg_dump --format=custom --file={} "
      "DATABASE, and pg_restore brings it back (docs/postgres.md)",
      database_->name(), target.string()));
}

Status PostgresCatalog::EraseDeleted() {
  const MutexLock lock(&mutex_);
  if (database_->in_transaction()) {
    return absl::FailedPreconditionError("a transaction is open on this connection to the catalogue");
  }
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database_->Query("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> tables,
                            ReadRows(std::move(rows), [](const Statement& row) { return row.Text(0); }));
  for (const std::string& table : tables) {
    CALOTYPE_RETURN_IF_ERROR(database_->Execute(fmt::format("VACUUM (FULL) \"{}\"", table)));
  }
  return DropKey(*database_, kEraseKey);
}

// The server checks pages when it reads them, and references when they are written.
StatusOr<bool> PostgresCatalog::CheckDatabase(std::vector<std::string>& /*problems*/) { return true; }

}  // namespace calotype
