// Which files a request moves to the trash, and to where: everything is checked before the first one is moved.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/library.h"
#include "base/status.h"
#include "catalog/trash_catalog.h"

namespace calotype {

// The folder in a scanned folder to which files are moved. Scans skip it, as all hidden folders.
inline constexpr const char* kTrashFolder = ".calotype-trash";

struct TrashRequest {
  std::vector<PhotoId> photos;     // all their files
  std::vector<std::string> files;  // single files of photos, such as one of several with the same bytes
  bool keep_one = false;           // refuse to move the last file of a picture; copies are found as by FindDuplicates()
};

struct TrashPlan {
  std::vector<TrashMove> moves;
  int64_t photos = 0;
};

// Returns the scanned folders whose files may be moved to the trash, ordered by path: those at or below a folder that
// the setting server.trash_folders names, if they can be written.
StatusOr<std::vector<std::string>> TrashFolders(Library& library);

// Plans the moves, with sidecars and other companions. A companion that belongs to a photo that stays, stays. Reads all
// photos, to compare their content.
//   kInvalidArgument     nothing was named
//   kNotFound            there is no such photo or file
//   kPermissionDenied    a file is in no folder of TrashFolders()
//   kFailedPrecondition  a file was changed since it was scanned, is a link or reached through one, or is not there; or
//                        `keep_one` forbids it
StatusOr<TrashPlan> PlanTrash(Library& library, const TrashRequest& request);

}  // namespace calotype
