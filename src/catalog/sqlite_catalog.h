// The Catalog on SQLite. Only this folder and its tests include it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/file_system.h"
#include "catalog/sql_catalog.h"
#include "catalog/sqlite.h"

namespace calotype {

class SqliteCatalog final : public SqlCatalog {
 public:
  // `database` is open and has the current schema.
  explicit SqliteCatalog(std::unique_ptr<SqliteDatabase> database)
      : SqlCatalog(std::move(database)), file_(unlocked_database().name()) {}

  // Opens the file of a catalogue; Catalog::Open() has the rules and errors. `probe` returns the kind of file system of
  // a path; tests replace it.
  using FileSystemProbe = std::function<StatusOr<FileSystemKind>(const std::filesystem::path&)>;
  static StatusOr<std::unique_ptr<Catalog>> OpenFile(const CatalogFiles& files, const FileSystemProbe& probe);
  // Catalog::Restore(), with its errors.
  static StatusOr<std::optional<std::filesystem::path>> RestoreFile(const std::filesystem::path& backup,
                                                                    const CatalogFiles& files,
                                                                    const std::function<Status()>& close);

  // SearchCatalog
  StatusOr<std::vector<TextMatch>> SearchText(std::string_view words, bool phrase, int limit) override;
  StatusOr<std::string> MatchingLine(PhotoId photo, std::string_view words, bool phrase) override;
  StatusOr<std::vector<TextMatch>> SearchNames(std::string_view words, int limit) override;

  // MaintenanceCatalog
  Status BackUp(const std::filesystem::path& target) override;
  Status EraseDeleted() override;

 private:
  StatusOr<bool> CheckDatabase(std::vector<std::string>& problems) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::filesystem::path file_;
};

}  // namespace calotype
