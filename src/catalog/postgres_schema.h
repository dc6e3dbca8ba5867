// The tables of the catalogue on PostgreSQL, and the migration of older ones. The tables and columns are those of
// docs/schema.md; docs/postgres.md says what differs.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "catalog/postgres.h"

namespace calotype {

// The version that this program writes; which is also the number of migration steps.
int64_t PostgresSchemaVersion();

// Creates or migrates the tables, in one transaction.
//   kFailedPrecondition  a newer Calotype wrote them, or the schema has tables of another program
//   kPermissionDenied    the user may not create tables
Status MigratePostgres(PostgresDatabase& database);

}  // namespace calotype
