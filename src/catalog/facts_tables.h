// The facts of a photo in their tables. Only this folder includes it.
#pragma once

#include "base/status.h"
#include "catalog/sqlite.h"
#include "catalog/types.h"

namespace calotype {

// Replaces all facts of the photo. A named region whose name and place did not change stays imported.
Status WriteFacts(Database& database, PhotoId photo, const PhotoFacts& facts);

StatusOr<PhotoFacts> ReadFacts(Database& database, PhotoId photo);

// From the columns photo_path, path, kind, size, mtime_ns, ctime_ns, inode.
Companion CompanionOf(const Statement& row);

}  // namespace calotype
