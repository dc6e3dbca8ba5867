// Writes the results of photos; for Store() and Ack(). Only this folder includes it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "analysis/photo_result.h"
#include "base/status.h"
#include "catalog/sql.h"
#include "catalog/types.h"

namespace calotype {

struct ClaimedResult {
  const PhotoResult* result = nullptr;
  std::span<const std::string> claimed;  // empty for a result of a photo that was not claimed
};

// Writes findings, states and properties of photos, each of which has one result, inside the caller's transaction. The
// rules and errors are those of WorkCatalog::Store(). An outcome of a claimed analysis is ignored if another version of
// it is wanted. Returns the photos of which claimed analyses are pending still.
StatusOr<std::vector<PhotoId>> StoreResults(Database& database, std::span<const ClaimedResult> results);

}  // namespace calotype
