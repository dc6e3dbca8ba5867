// The tables of the catalogue and how an older file gets them. docs/schema.md explains every column.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "catalog/sqlite.h"

namespace calotype {

// "Calo": what PRAGMA application_id of a catalogue holds, so that no other program's database is taken for one.
inline constexpr int64_t kApplicationId = 0x43616c6f;

// The version that this program writes; also the number of migration steps there are.
int64_t SchemaVersion();

// Brings the file forward to SchemaVersion(), step by step, in one transaction. Forward only.
//   kFailedPrecondition  written by a newer Calotype, or another program's database
Status Migrate(Database& database);

}  // namespace calotype
