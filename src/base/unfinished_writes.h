// What WriteFileAtomically() leaves when its process is killed. Where the file system allows it (not NFS, FUSE, FAT),
// nothing: the temporary file has no name until it is complete.
#pragma once

#include <filesystem>
#include <string_view>

namespace calotype {

// Removes the temporary files for files with this extension (".xmp") in a folder of the user's, without its subfolders.
// Those of processes that are writing now stay. For Calotype's own folders there is RemoveUnfinishedWrites().
void RemoveUnfinishedWritesTo(const std::filesystem::path& folder, std::string_view extension);

}  // namespace calotype
