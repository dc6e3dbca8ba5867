// The tables of the catalogue on SQLite, and the migration of older files. docs/schema.md explains every column.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "catalog/sqlite.h"

namespace calotype {

// "Calo": PRAGMA application_id of a catalogue, which distinguishes it from databases of other programs.
inline constexpr int64_t kApplicationId = 0x43616c6f;

// WorkOwner::random of the owner that holds what a version before 6 left running.
inline constexpr std::string_view kOwnerBeforeVersion6 = "before-version-6";

// The version that this program writes; which is also the number of migration steps.
int64_t SchemaVersion();

// Migrates the file to SchemaVersion() in one transaction.
//   kFailedPrecondition  a newer Calotype or another program wrote it
Status Migrate(SqliteDatabase& database);

}  // namespace calotype
