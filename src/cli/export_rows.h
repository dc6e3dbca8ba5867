// What is known of photos as rows of a table, and as additions to their sidecars.
#pragma once

#include <string>

#include "catalog/catalog.h"
#include "photo/xmp_writer.h"

namespace calotype {

// The names of the columns, and a photo's row; each ends its line as RFC 4180 has it (CRLF).
std::string CsvHead();
std::string CsvRow(const PhotoRecord& photo);

// Its keywords and what was seen in it (labels of objects, tags) as keywords, its named faces as regions.
XmpAdditions XmpOf(const PhotoRecord& photo);

}  // namespace calotype
