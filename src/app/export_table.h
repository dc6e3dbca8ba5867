// The record of a photo as a row of a table, and as additions to its sidecar.
#pragma once

#include <string>

#include "catalog/catalog.h"
#include "photo/xmp_writer.h"

namespace calotype {

// The line with the names of the columns, and the row of a photo. Both end in CRLF, as RFC 4180 requires. Unknown
// values are empty. The columns people, objects and tags name each person and label once, separated by ";", and include
// hidden people; the recognised lines of the column text are separated by line breaks.
std::string CsvHead();
std::string CsvRow(const PhotoRecord& photo);

// The photo's keywords, its faces with a name, and its named regions; with `labels` also what models found:
// "object|dog" and "tag|indoor". With `remove_old_labels`, the labels as words are unwanted: versions of Calotype
// before calotype:Written wrote them so.
XmpAdditions XmpOf(const PhotoRecord& photo, bool labels, bool remove_old_labels);

}  // namespace calotype
