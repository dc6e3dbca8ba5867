// Reads the form field `entries` of Immich's POST /predict: which models are to answer.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "app/predict.h"
#include "server/immich/http_answer.h"

namespace calotype {

// Returns the request, or the answer to one that is not valid: 422 in FastAPI's form, 500 for a task or type that does
// not exist. Unknown options are ignored, as Immich does.
std::variant<PredictRequest, PredictHttpAnswer> ParseEntries(std::string_view entries_json);

// The name under which Immich stores a model: "M-CLIP/LABSE-Vit-L-14" is "LABSE-Vit-L-14", "ViT-B-32::openai" is
// "ViT-B-32__openai". The result is one component of a path, or empty.
std::string CleanModelName(std::string_view name);

}  // namespace calotype
