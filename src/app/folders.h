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

// Removes a scanned folder from the library: later scans do not read it, and its photos count as missing, so they are
// no longer found, and are deleted after scan.forget_after_days. Files on the disk are not touched. Scanning the folder
// again restores everything. kNotFound if `folder` is not one of ScannedFolders(); kFailedPrecondition while a scan
// runs.
Status RemoveFolder(Library& library, const std::string& folder);

}  // namespace calotype
