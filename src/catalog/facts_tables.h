// What a photo says of itself, in its tables. Only this folder includes it.
#pragma once

#include "base/status.h"
#include "catalog/catalog.h"
#include "catalog/sqlite.h"

namespace calotype {

// Replaces all facts of the photo. A named region that is where it was, with the name that it had, stays imported.
Status WriteFacts(Database& database, PhotoId photo, const PhotoFacts& facts);

StatusOr<PhotoFacts> ReadFacts(Database& database, PhotoId photo);

// From the columns photo_path, path, kind, size, mtime_ns.
Companion CompanionOf(const Statement& row);

}  // namespace calotype
