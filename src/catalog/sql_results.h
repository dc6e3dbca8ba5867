// Writes the results of photos; for Store() and Ack(). Only this folder includes it.
#pragma once

#include "base/status.h"
#include "catalog/sql.h"
#include "catalog/types.h"

namespace calotype {

// Writes findings, states and properties of one photo, inside the caller's transaction. The rules and errors are those
// of WorkCatalog::Store().
Status StoreResult(Database& database, const PhotoResult& result);

}  // namespace calotype
