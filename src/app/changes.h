// Following a library: the photos that changed since an earlier answer, also by scans of other processes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/library.h"
#include "base/status.h"
#include "catalog/change_catalog.h"

namespace calotype {

// The cursor that stands for the present: only later changes follow.
inline constexpr std::string_view kChangesFromNow = "now";

struct ChangePage {
  std::vector<PhotoChange> changes;  // each photo once, at the place of its latest change
  std::string next;                  // the cursor after these changes; valid for as long as the catalogue is
  bool more = false;                 // whether other changes follow already
};

// Up to `limit` photos that changed after the cursor `since`; empty: all photos of the library from the start.
//   kInvalidArgument     `since` is not a cursor
//   kFailedPrecondition  nothing was scanned yet; or the cursor is of another catalogue, or of this one before it was
//                        replaced by a backup: what it stands for is not known
StatusOr<ChangePage> ReadChanges(Library& library, std::string_view since, int limit);

}  // namespace calotype
