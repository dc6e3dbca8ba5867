// The folders of a library.
#pragma once

#include <string>
#include <vector>

#include "app/library.h"
#include "base/status.h"

namespace calotype {

// The folders and files that were scanned, ordered by path; those inside another one are left out.
// kFailedPrecondition when nothing was scanned yet.
StatusOr<std::vector<std::string>> ScannedFolders(Library& library);

}  // namespace calotype
