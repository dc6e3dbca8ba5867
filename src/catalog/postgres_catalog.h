// The Catalog on PostgreSQL. Only this folder includes it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "catalog/catalog_files.h"
#include "catalog/postgres.h"
#include "catalog/sql_catalog.h"

namespace calotype {

class PostgresCatalog final : public SqlCatalog {
 public:
  explicit PostgresCatalog(std::unique_ptr<PostgresDatabase> database) : SqlCatalog(std::move(database)) {}

  // Opens the catalogue at `url`, and creates the folder of this machine's files beside it. The errors are those of
  // PostgresDatabase::Open() and MigratePostgres().
  static StatusOr<std::unique_ptr<Catalog>> OpenServer(const std::string& url);

  // SearchCatalog
  StatusOr<std::vector<TextMatch>> SearchText(std::string_view words, bool phrase, int limit) override;
  StatusOr<std::string> MatchingLine(PhotoId photo, std::string_view words, bool phrase) override;
  StatusOr<std::vector<TextMatch>> SearchNames(std::string_view words, int limit) override;

  // MaintenanceCatalog
  // kUnimplemented: the server's own tools make backups.
  Status BackUp(const std::filesystem::path& target) override;
  // The write-ahead log, standbys and backups of the server still have the bytes until it drops these.
  Status EraseDeleted() override;

 private:
  StatusOr<bool> CheckDatabase(std::vector<std::string>& problems) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
};

}  // namespace calotype
