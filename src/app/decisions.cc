#include "app/decisions.h"

#include <algorithm>
#include <array>

#include "app/trash.h"

namespace calotype {
namespace {

struct NamedKind {
  DecisionKind kind;
  const char* name;
};

constexpr std::array kKinds = {
    NamedKind{DecisionKind::kName, "name"},     NamedKind{DecisionKind::kMerge, "merge"},
    NamedKind{DecisionKind::kSplit, "split"},   NamedKind{DecisionKind::kConfirm, "confirm"},
    NamedKind{DecisionKind::kReject, "reject"}, NamedKind{DecisionKind::kHide, "hide"},
    NamedKind{DecisionKind::kShow, "show"},     NamedKind{DecisionKind::kCover, "cover"},
    NamedKind{DecisionKind::kChange, "change"}, NamedKind{DecisionKind::kMark, "mark"},
    NamedKind{DecisionKind::kUnmark, "unmark"}, NamedKind{DecisionKind::kTrash, "trash"},
};

}  // namespace

StatusOr<DecisionPage> ListDecisions(Library& library, std::optional<DecisionId> before, int limit) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  DecisionPage page;
  CALOTYPE_ASSIGN_OR_RETURN(page.decisions, catalog->Decisions(before, limit));
  if (page.decisions.size() == static_cast<std::size_t>(limit)) {
    page.next = page.decisions.back().id;
  }
  return page;
}

StatusOr<DecisionRecord> FindDecision(Library& library, DecisionId decision) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->Decision(decision);
}

StatusOr<DecisionRecord> UndoDecision(Library& library, DecisionId decision) {
  CALOTYPE_ASSIGN_OR_RETURN(const DecisionRecord record, FindDecision(library, decision));
  if (record.kind == DecisionKind::kTrash) {
    return ReturnFromTrash(library, decision);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->UndoDecision(decision);
}

const char* DecisionKindName(DecisionKind kind) {
  const auto* const found = std::ranges::find(kKinds, kind, &NamedKind::kind);
  return found == kKinds.end() ? "" : found->name;
}

std::optional<DecisionKind> ParseDecisionKind(std::string_view name) {
  const auto* const found = std::ranges::find_if(kKinds, [name](const NamedKind& one) { return one.name == name; });
  return found == kKinds.end() ? std::nullopt : std::optional(found->kind);
}

}  // namespace calotype
