// Answers Immich's POST /predict, without HTTP.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "app/predict.h"
#include "server/immich/http_answer.h"

namespace calotype {

// Answers a form with these fields; nullopt for a field that the form lacks. When there are both an image and a text,
// the image counts. Every failure is an answer with its status; the reasons of those with status 500 are logged. Takes
// as long as the models run; waits for nothing else but a model that is being loaded. Thread-safe.
PredictHttpAnswer AnswerPredict(PredictService& service, const std::optional<std::string>& entries,
                                const std::optional<std::span<const uint8_t>>& image,
                                const std::optional<std::string>& text);

// The answer to a request that succeeded.
std::string PredictAnswerJson(const PredictRequest& request, const PredictAnswer& answer);

}  // namespace calotype
