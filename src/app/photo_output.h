// For pictures that are made from photos of the library: the photo's file, and where the picture may be written.
#pragma once

#include <string>

#include "base/file.h"
#include "base/status.h"
#include "catalog/catalog.h"

namespace calotype {

// Opens the file at `path`, or another file of the photo (which has the same bytes) if that cannot be opened.
StatusOr<UniqueFd> OpenAnyPath(const PhotoRecord& photo, const std::string& path);

// kInvalidArgument unless `output` ends in .jpg or .jpeg and is no photo of the library.
Status CheckJpegOutput(SearchCatalog& catalog, const std::string& output);

}  // namespace calotype
