// The names of people and of regions, for comparisons that ignore case and accents (FoldCaseAndAccents()). There are at
// most some thousands, so all are read. Only this folder includes it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "catalog/row_values.h"
#include "catalog/sql.h"

namespace calotype {

struct NamedPerson {
  PersonId id = 0;
  std::string name;
};

// By ascending id; those without a name are left out.
inline StatusOr<std::vector<NamedPerson>> NamedPeople(Database& database) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query("SELECT id, name FROM person WHERE name <> '' ORDER BY id"));
  return ReadRows(std::move(rows),
                  [](const Statement& row) { return NamedPerson{.id = row.Int(0), .name = row.Text(1)}; });
}

// The names of regions in photos' metadata, each once, also those of regions in which a face was found.
inline StatusOr<std::vector<std::string>> RegionNames(Database& database) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query("SELECT DISTINCT name FROM named_region WHERE name <> ''"));
  return ReadRows(std::move(rows), [](const Statement& row) { return row.Text(0); });
}

}  // namespace calotype
