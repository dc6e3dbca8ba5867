// The role of the journal: the decisions of users in the order in which they were made, and how to undo them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "catalog/types.h"

namespace calotype {

// Values are stored: never renumber.
enum class DecisionKind : uint8_t {
  kName = 1,  // also that a person has no name
  kMerge = 2,
  kSplit = 3,
  kConfirm = 4,
  kReject = 5,
  kHide = 6,
  kShow = 7,
  kCover = 8,
  kChange = 9,  // several properties of a person at once
  kMark = 10,
  kUnmark = 11,
  kTrash = 12,  // files were moved (TrashCatalog)
};

// The number of a decision in the journal; nullopt when nothing changed, so that none was recorded.
using Decided = std::optional<DecisionId>;

struct DecisionRecord {
  DecisionId id = 0;
  DecisionKind kind = DecisionKind::kName;
  std::string text;     // "Merged 3 people into Ada", with the names of then
  int64_t made_at = 0;  // seconds since 1970, as below
  std::optional<int64_t> undone_at;
  std::string obstacle;  // why it cannot be undone; empty if it can
};

class DecisionCatalog {
 public:
  virtual ~DecisionCatalog() = default;

  // Up to `limit` decisions, the newest first; those before `before`, if it is given. The cost grows with the number of
  // faces that they changed.
  virtual StatusOr<std::vector<DecisionRecord>> Decisions(std::optional<DecisionId> before, int limit) = 0;
  // kNotFound
  virtual StatusOr<DecisionRecord> Decision(DecisionId decision) = 0;
  // Restores what the decision changed, and returns the decision. Photos that were deleted since, and their faces, are
  // left out. Where clustering assigned a face since, the decision's own state counts: an assignment by clustering is
  // none of a user.
  //   kNotFound            there is no such decision
  //   kFailedPrecondition  it was undone already, or what it changed has changed again: DecisionRecord::obstacle; or it
  //                        is of DecisionKind::kTrash, whose files must be moved back first (PlanReturn())
  virtual StatusOr<DecisionRecord> UndoDecision(DecisionId decision) = 0;
};

}  // namespace calotype
