// What lists of photos have for each photo.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>

#include "app/library.h"
#include "base/status.h"
#include "search/similar.h"
#include "server/http/http.h"

namespace calotype {

// Adds size, time and ThumbHash (AddRows() in api_json.h) to each of `items`, JSON objects with the key "photo".
Status AddPhotoRows(Library& library, nlohmann::ordered_json& items);

// The most photos that a request for similar ones gets.
inline constexpr int kMaxSimilar = 200;
StatusOr<HttpResponse> SimilarResponse(Library& library, std::span<const SimilarPhoto> similar);

}  // namespace calotype
