#include "server/immich/entries.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

namespace calotype {
namespace {

using Json = nlohmann::json;

PredictHttpAnswer InvalidFormat() { return DetailAnswer(422, "Invalid request format."); }

// One entry of a request, before its role is known.
struct Entry {
  std::string model;
  const Json* options = nullptr;  // an object; null: none
};

// Returns the option `key` if it is a finite number; `value` stays when it is missing. False for another type.
template <typename Number>
bool ReadNumber(const Entry& entry, const char* key, Number& value) {
  if (entry.options == nullptr || !entry.options->contains(key)) {
    return true;
  }
  const Json& option = (*entry.options)[key];
  const double number = option.is_number() ? option.get<double>() : std::numeric_limits<double>::quiet_NaN();
  if (!std::isfinite(number) || std::abs(number) > std::numeric_limits<int32_t>::max()) {
    return false;
  }
  value = static_cast<Number>(number);
  return static_cast<double>(value) == number || !std::is_integral_v<Number>;
}

// Only the way to rate a box of text that Immich uses itself is supported.
bool ScoreModeIsFast(const Entry& entry) {
  return entry.options == nullptr || !entry.options->contains("scoreMode") || (*entry.options)["scoreMode"] == "fast";
}

bool AddImageEmbedding(const Entry& entry, PredictRequest& request) {
  request.image_embedding = entry.model;
  return true;
}

// A language that is null is not stated.
bool AddTextEmbedding(const Entry& entry, PredictRequest& request) {
  request.text_embedding = {.model = entry.model, .language = ""};
  const Json* const language =
      entry.options != nullptr && entry.options->contains("language") ? &(*entry.options)["language"] : nullptr;
  if (language == nullptr || language->is_null()) {
    return true;
  }
  if (!language->is_string()) {
    return false;
  }
  request.text_embedding->language = language->get<std::string>();
  return true;
}

bool AddFaceDetection(const Entry& entry, PredictRequest& request) {
  request.face_detection = {.model = entry.model};
  return ReadNumber(entry, "minScore", request.face_detection->min_score);
}

bool AddFaceRecognition(const Entry& entry, PredictRequest& request) {
  request.face_recognition = entry.model;
  return true;
}

bool AddTextDetection(const Entry& entry, PredictRequest& request) {
  request.text_detection = {.model = entry.model};
  PredictRequest::TextDetection& detection = *request.text_detection;
  return ReadNumber(entry, "minScore", detection.min_score) &&
         ReadNumber(entry, "maxResolution", detection.max_resolution) && detection.max_resolution > 0 &&
         ScoreModeIsFast(entry);
}

bool AddTextRecognition(const Entry& entry, PredictRequest& request) {
  request.text_recognition = {.model = entry.model};
  return ReadNumber(entry, "minScore", request.text_recognition->min_score);
}

struct Kind {
  std::string_view task;
  std::string_view type;
  bool (*add)(const Entry& entry, PredictRequest& request);  // false for an option of the wrong type
};
constexpr std::array kKinds = {
    Kind{"clip", "visual", AddImageEmbedding},
    Kind{"clip", "textual", AddTextEmbedding},
    Kind{"facial-recognition", "detection", AddFaceDetection},
    Kind{"facial-recognition", "recognition", AddFaceRecognition},
    Kind{"ocr", "detection", AddTextDetection},
    Kind{"ocr", "recognition", AddTextRecognition},
};

// Returns nullopt when `json` is not an entry.
std::optional<Entry> ReadEntry(const Json& json) {
  if (!json.is_object() || !json.contains("modelName") || !json["modelName"].is_string()) {
    return std::nullopt;
  }
  Entry entry{.model = CleanModelName(json["modelName"].get<std::string>())};
  if (json.contains("options")) {
    entry.options = &json["options"];
    if (!entry.options->is_object()) {
      return std::nullopt;
    }
  }
  return entry;
}

// Returns the answer to an invalid entry; nullopt when it was added.
std::optional<PredictHttpAnswer> AddEntry(std::string_view task, std::string_view type, const Json& json,
                                          PredictRequest& request) {
  const std::optional<Entry> entry = ReadEntry(json);
  if (!entry) {
    return InvalidFormat();
  }
  const auto* const kind =
      std::ranges::find_if(kKinds, [&](const Kind& one) { return one.task == task && one.type == type; });
  if (kind == kKinds.end()) {
    return ServerErrorAnswer();
  }
  return kind->add(*entry, request) ? std::nullopt : std::optional(InvalidFormat());
}

}  // namespace

std::variant<PredictRequest, PredictHttpAnswer> ParseEntries(std::string_view entries_json) {
  const Json entries = Json::parse(entries_json, nullptr, false);
  if (!entries.is_object()) {
    return InvalidFormat();
  }
  PredictRequest request;
  for (const auto& [task, types] : entries.items()) {
    if (!types.is_object()) {
      return InvalidFormat();
    }
    for (const auto& [type, entry] : types.items()) {
      if (const std::optional<PredictHttpAnswer> refusal = AddEntry(task, type, entry, request)) {
        return *refusal;
      }
    }
  }
  return request;
}

std::string CleanModelName(std::string_view name) {
  name.remove_prefix(name.find_last_of('/') + 1);  // npos + 1 is 0
  std::string clean;
  for (const char c : name) {
    if (c != '.') {
      clean += c == ':' || c == '\\' ? '_' : c;
    }
  }
  return clean;
}

}  // namespace calotype
