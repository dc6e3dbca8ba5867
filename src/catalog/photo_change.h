// Records changes of photos that no trigger records. Only this folder includes it.
#pragma once

#include <span>

#include "analysis/photo_result.h"
#include "base/status.h"
#include "catalog/sql.h"

namespace calotype {

// Gives the photo the latest place in the list of changes. Call it in the transaction that changes the photo.
inline Status RecordChange(Database& database, PhotoId photo) {
  return database.Execute(database.dialect().record_change, photo);
}

inline Status RecordChanges(Database& database, std::span<const PhotoId> photos) {
  if (database.dialect().has_arrays) {
    return database.Execute(
        "INSERT INTO photo_change(photo_id) SELECT unnest(?1)"
        " ON CONFLICT(photo_id) DO UPDATE SET number = excluded.number",
        Ints(photos));
  }
  for (const PhotoId photo : photos) {
    CALOTYPE_RETURN_IF_ERROR(RecordChange(database, photo));
  }
  return absl::OkStatus();
}

}  // namespace calotype
