// /changes
#include <nlohmann/json.hpp>

#include "app/changes.h"
#include "app/changes_json.h"
#include "server/routes/routes.h"

namespace calotype {
namespace {

constexpr int kMaxChanges = 1000;

Field SinceField() {
  Field field = TextField("since", "`next` of an earlier answer, or 'now' to learn of later changes only (all photos)");
  field.pattern = "^(now|[0-9a-f]{24}_[0-9]{1,18})$";
  return field;
}

}  // namespace

void AddChangeRoutes(Router& router, Library& library) {
  router.Add(
      {.method = "GET",
       .path = "/api/v1/changes",
       .operation = "listChanges",
       .tag = "photos",
       .summary = "Photos whose paths, findings or people changed, each once, in the order of their latest changes",
       .in_query = {SinceField(), IntegerField("limit", 1, kMaxChanges, "photos on a page (100)")},
       .answers = {{.schema = "ChangePage"}},
       .problems = {http_status::kConflict},
       .run = [&library](const Call& call) -> StatusOr<HttpResponse> {
         CALOTYPE_ASSIGN_OR_RETURN(const ChangePage page,
                                   ReadChanges(library, call.arguments.Text("since"),
                                               static_cast<int>(call.arguments.Integer("limit", 100))));
         return JsonResponse(ChangePageToJson(page));
       }});
}

}  // namespace calotype
