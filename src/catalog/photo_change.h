// Records changes of photos that no trigger records. Only this folder includes it.
#pragma once

#include "analysis/photo_result.h"
#include "base/status.h"
#include "catalog/sqlite.h"

namespace calotype {

// Gives the photo the latest place in the list of changes. Call it in the transaction that changes the photo.
inline Status RecordChange(Database& database, PhotoId photo) {
  return database.Execute("INSERT OR REPLACE INTO photo_change(photo_id) VALUES (?1)", photo);
}

}  // namespace calotype
