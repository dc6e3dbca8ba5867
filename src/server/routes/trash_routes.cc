// /trash
#include <nlohmann/json.hpp>

#include "app/trash.h"
#include "server/routes/routes.h"

namespace calotype {

void AddTrashRoutes(Router& router, Library& library) {
  Field photos = IdsField("photos", "the numbers of photos, all of whose files are moved");
  photos.required = false;
  router.Add({.method = "POST",
              .path = "/api/v1/trash",
              .operation = "trashPhotos",
              .tag = "marks",
              .summary = "Move files of photos to the trash folder of their scanned folder; nothing is deleted",
              .scope = Scope::kAdmin,
              .lane = Lane::kHeavy,
              .body = BodyKind::kJson,
              .in_body = {photos, TextsField("files", "single files of photos, by path"),
                          FlagField("keep_one", "refuse to move the last file of a picture (false)")},
              .answers = {{.schema = "Trashed"}},
              .problems = {http_status::kConflict, http_status::kNotFound},
              .run = [&library](const Call& call) -> StatusOr<HttpResponse> {
                CALOTYPE_ASSIGN_OR_RETURN(const Trashed trashed,
                                          MoveToTrash(library, {.photos = call.arguments.Integers("photos"),
                                                                .files = call.arguments.Texts("files"),
                                                                .keep_one = call.arguments.Flag("keep_one")}));
                return JsonResponse(
                    {{"decision", trashed.decision}, {"photos", trashed.photos}, {"files", trashed.files}});
              }});
}

}  // namespace calotype
