// Records changes of photos that no trigger records. Only this folder includes it.
#pragma once

#include "analysis/photo_result.h"
#include "base/status.h"
#include "catalog/sql.h"

namespace calotype {

// Gives the photo the latest place in the list of changes. Call it in the transaction that changes the photo.
inline Status RecordChange(Database& database, PhotoId photo) {
  return database.Execute(database.dialect().record_change, photo);
}

}  // namespace calotype
