#include "catalog/library_keys.h"

namespace calotype {

StatusOr<std::optional<std::string>> ReadKey(Database& database, std::string_view key) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement row, database.Query("SELECT value FROM library WHERE key = ?1", key));
  CALOTYPE_ASSIGN_OR_RETURN(const bool found, row.Step());
  return found ? std::optional(row.Text(0)) : std::nullopt;
}

Status WriteKey(Database& database, std::string_view key, std::string_view value) {
  return database.Execute(
      "INSERT INTO library(key, value) VALUES (?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value", key,
      value);
}

Status DropKey(Database& database, std::string_view key) {
  return database.Execute("DELETE FROM library WHERE key = ?1", key);
}

}  // namespace calotype
