// The folders of a library.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/library.h"
#include "base/status.h"

namespace calotype {

// The folders and files that were scanned, ordered by path; those inside another one are left out. Empty when all were
// removed. kFailedPrecondition when nothing was scanned yet.
StatusOr<std::vector<std::string>> ScannedFolders(Library& library);

// For a scan of all scanned folders: kFailedPrecondition when `folders`, which are these, are none.
Status CheckAnyToScan(const std::vector<std::string>& folders);

// The path of the file or folder at `path` without links, if that is one of `folders` or lies below one; nullopt
// otherwise, also if it does not exist (an object need not exist). Use the returned path: `path` may lead elsewhere a
// moment later.
std::optional<std::filesystem::path> RealPathBelow(const std::string& path, const std::vector<std::string>& folders);

// The paths of the folders in `folder`, by name, without hidden ones. Links to folders are among them. kNotFound or
// kPermissionDenied if it cannot be read.
StatusOr<std::vector<std::string>> SubfoldersOf(const std::filesystem::path& folder);

// Removes a scanned folder from the library: later scans do not read it, and its photos count as missing, so they are
// no longer found, and are deleted after scan.forget_after_days. Files on the disk are not touched. Scanning the folder
// again restores everything. kNotFound if `folder` is not one of ScannedFolders(); kFailedPrecondition while a scan
// runs.
Status RemoveFolder(Library& library, const std::string& folder);

}  // namespace calotype
