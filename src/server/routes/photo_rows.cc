#include "server/routes/photo_rows.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "app/api_json.h"
#include "app/browse.h"
#include "server/http/router.h"

namespace calotype {

Status AddPhotoRows(Library& library, nlohmann::ordered_json& items) {
  if (items.empty()) {
    return absl::OkStatus();  // there may be no catalogue
  }
  std::vector<PhotoId> photos;
  photos.reserve(items.size());
  for (const nlohmann::ordered_json& item : items) {
    photos.push_back(item.at("photo").get<PhotoId>());
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoRow> rows, PhotoRows(library, photos));
  AddRows(rows, items);
  return absl::OkStatus();
}

StatusOr<HttpResponse> SimilarResponse(Library& library, std::span<const SimilarPhoto> similar) {
  nlohmann::ordered_json json = {{"photos", nlohmann::ordered_json::array()}};
  for (const SimilarPhoto& one : similar) {
    json["photos"].push_back(ToApiJson(one));
  }
  CALOTYPE_RETURN_IF_ERROR(AddPhotoRows(library, json["photos"]));
  return JsonResponse(json);
}

}  // namespace calotype
