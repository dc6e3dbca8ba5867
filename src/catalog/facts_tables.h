// The facts of a photo in their tables. Only this folder includes it.
#pragma once

#include "base/status.h"
#include "catalog/sql.h"
#include "catalog/types.h"

namespace calotype {

// Replaces all facts of the photo, in the transaction of the caller. Named regions that were imported (their names were
// assigned to faces) stay imported if a new region has the same name and overlaps the old one (IoU at least 0.9). The
// photo must exist.
Status WriteFacts(Database& database, PhotoId photo, const PhotoFacts& facts);

// Returns empty facts if the photo does not exist.
StatusOr<PhotoFacts> ReadFacts(Database& database, PhotoId photo);

// Reads columns 0 to 6 of the row, in this order: photo_path, path, kind, size, mtime_ns, ctime_ns, inode.
Companion CompanionOf(const Statement& row);

}  // namespace calotype
