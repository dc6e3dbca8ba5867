// The journal of decisions: what users decided about the library, and how to undo it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "app/library.h"
#include "base/status.h"
#include "catalog/decision_catalog.h"

namespace calotype {

struct DecisionPage {
  std::vector<DecisionRecord> decisions;  // the newest first
  std::optional<DecisionId> next;         // pass it as `before` for the next page; nullopt: there is none
};

// Up to `limit` decisions, those before `before` if it is given.
StatusOr<DecisionPage> ListDecisions(Library& library, std::optional<DecisionId> before, int limit);
// kNotFound when there is no such decision.
StatusOr<DecisionRecord> FindDecision(Library& library, DecisionId decision);
// Restores what was before the decision; DecisionCatalog::UndoDecision() has the rules and errors, for files that were
// moved ReturnFromTrash().
StatusOr<DecisionRecord> UndoDecision(Library& library, DecisionId decision);

// The name of a kind in JSON: "merge".
const char* DecisionKindName(DecisionKind kind);
// nullopt for another name.
std::optional<DecisionKind> ParseDecisionKind(std::string_view name);

}  // namespace calotype
