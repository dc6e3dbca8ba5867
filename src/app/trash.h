// The trash: moves files of photos into a folder inside their scanned folder, and back. Nothing is ever deleted or
// overwritten. See docs/server.md.
#pragma once

#include <cstdint>

#include "app/library.h"
#include "app/trash_plan.h"
#include "base/status.h"
#include "catalog/decision_catalog.h"

namespace calotype {

struct Trashed {
  DecisionId decision = 0;
  int64_t photos = 0;
  int64_t files = 0;  // with sidecars and other companions
};

// Moves the files that PlanTrash() chose: all or none. Its errors; also kFailedPrecondition while another process or
// request moves files of this library.
StatusOr<Trashed> MoveToTrash(Library& library, const TrashRequest& request);

// Undoes a decision of DecisionKind::kTrash. Checks all files before it moves the first one. If moving one fails all
// the same, the decision goes on, of the files that are still in the trash, and can be undone again.
//   kFailedPrecondition  a file is not in the trash any more, something is at its place now, or moving it failed; or as
//                        above
StatusOr<DecisionRecord> ReturnFromTrash(Library& library, DecisionId decision);

// Moves the files of interrupted moves back, and undoes their decisions. What cannot be moved back, because something
// is at its place now, stays in the trash: the log names it, and its decision is not undone but can be. Does nothing
// while another process of this machine moves files; nor for a catalogue on a server if server.trash_folders is empty,
// because then another machine moves them.
Status RecoverTrash(Library& library);

}  // namespace calotype
