// The role of the trash: which files were moved, so that they can be moved back. The catalogue moves none itself.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "catalog/decision_catalog.h"

namespace calotype {

struct TrashMove {
  std::string path;        // where the file is, and to where it returns
  std::string trash_path;  // where it is moved to
};

// Before files are moved, in either direction, a plan is written to the disk; after it, that it is complete. A plan
// that is not complete was interrupted: its files may be at either place.
class TrashCatalog {
 public:
  virtual ~TrashCatalog() = default;

  // Records a decision (DecisionKind::kTrash) whose files are about to be moved. `photos` is for its text.
  virtual StatusOr<DecisionId> PlanTrash(std::span<const TrashMove> moves, int64_t photos) = 0;
  // The files are in the trash: they are missing now.
  virtual Status CompleteTrash(DecisionId decision) = 0;
  // The files of a complete decision are about to be moved back.
  //   kNotFound            there is no such decision, or it moved no files
  //   kFailedPrecondition  it was undone already, or its files are being moved
  virtual Status PlanReturn(DecisionId decision) = 0;
  // The files are back, and present, apart from `left`: these could not be moved and are still in the trash. The
  // decision is undone if none is left; else it goes on, of the files that are left, and can be undone later.
  virtual Status CompleteReturn(DecisionId decision, std::span<const TrashMove> left) = 0;
  // By path.
  virtual StatusOr<std::vector<TrashMove>> TrashMoves(DecisionId decision) = 0;
  // Decisions with a plan that is not complete.
  virtual StatusOr<std::vector<DecisionId>> UnfinishedTrash() = 0;
};

}  // namespace calotype
