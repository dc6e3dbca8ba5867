// /decisions
#include <nlohmann/json.hpp>

#include "app/api_json.h"
#include "app/decisions.h"
#include "server/routes/empty_library.h"
#include "server/routes/routes.h"

namespace calotype {
namespace {

constexpr int kMaxDecisions = 200;
constexpr int kDefaultDecisions = 50;

StatusOr<HttpResponse> DecisionList(Library& library, const Arguments& arguments) {
  std::optional<DecisionId> before;
  if (arguments.Has("cursor")) {
    before = ParseDecisionCursor(arguments.Text("cursor"));
    if (!before.has_value()) {
      return absl::InvalidArgumentError("cursor is not the value of `next` in an earlier answer");
    }
  }
  CALOTYPE_ASSIGN_OR_RETURN(
      const DecisionPage page,
      OrEmpty(library,
              ListDecisions(library, before, static_cast<int>(arguments.Integer("limit", kDefaultDecisions)))));
  return JsonResponse(ToApiJson(page));
}

// Files that were moved to the trash are moved back by who may move them there.
StatusOr<HttpResponse> Undo(Library& library, const Call& call) {
  const DecisionId decision = call.arguments.Integer("decision");
  CALOTYPE_ASSIGN_OR_RETURN(const DecisionRecord record, FindDecision(library, decision));
  if (record.kind == DecisionKind::kTrash && call.request.scope < Scope::kAdmin) {
    return absl::PermissionDeniedError("this decision moved files, and moving them back needs the scope admin");
  }
  CALOTYPE_ASSIGN_OR_RETURN(const DecisionRecord undone, UndoDecision(library, decision));
  return JsonResponse(ToApiJson(undone));
}

}  // namespace

void AddDecisionRoutes(Router& router, Library& library) {
  router.Add({.method = "GET",
              .path = "/api/v1/decisions",
              .operation = "listDecisions",
              .tag = "decisions",
              .summary = "What users decided, the newest first, and whether it can be undone",
              .in_query = {CursorField("^[1-9][0-9]{0,17}$"),
                           IntegerField("limit", 1, kMaxDecisions, "decisions on a page (50)")},
              .answers = {{.schema = "DecisionPage"}},
              .problems = {http_status::kConflict},
              .run = [&library](const Call& call) { return DecisionList(library, call.arguments); }});
  router.Add({.method = "POST",
              .path = "/api/v1/decisions/{decision}/undo",
              .operation = "undoDecision",
              .tag = "decisions",
              .summary =
                  "Restore what was before a decision; 409 if a later decision or a scan changed it, 403 without the "
                  "scope admin if it moved files to the trash",
              .scope = Scope::kWrite,
              .in_path = {IdField("decision", "the number of a decision")},
              .answers = {{.schema = "Decision"}},
              .problems = {http_status::kConflict, http_status::kNotFound},
              .run = [&library](const Call& call) { return Undo(library, call); }});
}

}  // namespace calotype
