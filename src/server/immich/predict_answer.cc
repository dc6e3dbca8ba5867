#include "server/immich/predict_answer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <exception>
#include <functional>
#include <utility>
#include <variant>
#include <vector>

#include "base/log.h"
#include "server/immich/entries.h"
#include "server/immich/json_text.h"

namespace calotype {
namespace {

// Joins what `write` returns for each of `items` to a JSON array.
template <typename Items, typename Write>
std::string ArrayOf(const Items& items, const Write& write) {
  std::vector<std::string> written;
  written.reserve(items.size());
  for (const auto& item : items) {
    written.push_back(write(item));
  }
  return fmt::format("[{}]", fmt::join(written, ","));
}

std::string PointJson(const Point& point) { return JsonArray(std::array{point.x, point.y}); }
std::string PointsJson(std::span<const Point> points) { return ArrayOf(points, PointJson); }

// Immich passes embeddings on to its database without reading them, so they are arrays inside of a text.
std::string EmbeddingJson(std::span<const float> embedding) { return JsonText(JsonArray(embedding)); }

std::string FaceJson(const PredictedFace& face) {
  const auto& [left, top, right, bottom] = face.corners;
  return fmt::format(R"({{"boundingBox":{{"x1":{},"y1":{},"x2":{},"y2":{}}},"embedding":{},"score":{}}})",
                     JsonNumber(left), JsonNumber(top), JsonNumber(right), JsonNumber(bottom),
                     EmbeddingJson(face.embedding), JsonNumber(face.score));
}

std::string DetectedFacesJson(const std::vector<PredictedFace>& faces) {
  return fmt::format(R"({{"boxes":{},"scores":{},"landmarks":{}}})",
                     ArrayOf(faces, [](const PredictedFace& face) { return JsonArray(face.corners); }),
                     ArrayOf(faces, [](const PredictedFace& face) { return JsonNumber(face.score); }),
                     ArrayOf(faces, [](const PredictedFace& face) { return PointsJson(face.landmarks); }));
}

std::string ReadLinesJson(const std::vector<PredictedLine>& lines, int width, int height) {
  std::vector<float> corners;
  for (const PredictedLine& line : lines) {
    for (const Point& corner : line.quad) {
      corners.push_back(corner.x / static_cast<float>(width));
      corners.push_back(corner.y / static_cast<float>(height));
    }
  }
  return fmt::format(R"({{"box":{},"text":{},"boxScore":{},"textScore":{}}})", JsonArray(corners),
                     ArrayOf(lines, [](const PredictedLine& line) { return JsonText(line.text); }),
                     ArrayOf(lines, [](const PredictedLine& line) { return JsonNumber(line.box_score); }),
                     ArrayOf(lines, [](const PredictedLine& line) { return JsonNumber(line.text_score); }));
}

std::string DetectedLinesJson(const std::vector<PredictedLine>& lines) {
  return fmt::format(R"({{"boxes":{},"scores":{}}})",
                     ArrayOf(lines, [](const PredictedLine& line) { return PointsJson(line.quad); }),
                     ArrayOf(lines, [](const PredictedLine& line) { return JsonNumber(line.box_score); }));
}

// Python's text of the detection that a recognition needs, as Immich's message has it.
PredictHttpAnswer MissingDetection(std::string_view task, std::string_view member) {
  return DetailAnswer(400, fmt::format("Task {0} of type recognition depends on output of (<ModelType.DETECTION: "
                                       "'detection'>, <ModelTask.{1}: '{0}'>)",
                                       task, member));
}

std::optional<PredictHttpAnswer> CheckDependencies(const PredictRequest& request) {
  if (request.face_recognition && !request.face_detection) {
    return MissingDetection("facial-recognition", "FACIAL_RECOGNITION");
  }
  if (request.text_recognition && !request.text_detection) {
    return MissingDetection("ocr", "OCR");
  }
  return std::nullopt;
}

PredictHttpAnswer FailureAnswer(const Status& status) {
  LogWarning("Immich's request failed: {}", Message(status));
  switch (status.code()) {
    case absl::StatusCode::kOutOfRange:
      return DetailAnswer(400, Message(status));
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kUnavailable:
      return DetailAnswer(500, Message(status));
    default:
      return ServerErrorAnswer();
  }
}

// FastAPI treats an empty text field as one that is missing.
bool Has(const std::optional<std::string>& field) { return field && !field->empty(); }

PredictHttpAnswer Answer(PredictService& service, const std::optional<std::string>& entries,
                         const std::optional<std::span<const uint8_t>>& image, const std::optional<std::string>& text) {
  if (!Has(entries)) {
    return MissingFieldAnswer("entries");
  }
  const std::variant<PredictRequest, PredictHttpAnswer> parsed = ParseEntries(*entries);
  if (const auto* const refusal = std::get_if<PredictHttpAnswer>(&parsed)) {
    return *refusal;
  }
  if (!image && !Has(text)) {
    return DetailAnswer(400, "Either image or text must be provided");
  }
  const auto& request = std::get<PredictRequest>(parsed);
  if (const std::optional<PredictHttpAnswer> refusal = CheckDependencies(request)) {
    return *refusal;
  }
  const StatusOr<PredictAnswer> answer =
      service.Predict(request, image ? PredictInput(*image) : PredictInput(std::string_view(*text)));
  return answer.ok() ? PredictHttpAnswer{.body = PredictAnswerJson(request, *answer)} : FailureAnswer(answer.status());
}

}  // namespace

std::string PredictAnswerJson(const PredictRequest& request, const PredictAnswer& answer) {
  std::vector<std::string> members;
  if (answer.embedding) {
    members.push_back(R"("clip":)" + EmbeddingJson(*answer.embedding));
  }
  if (answer.faces) {
    members.push_back(R"("facial-recognition":)" +
                      (request.face_recognition ? ArrayOf(*answer.faces, FaceJson) : DetectedFacesJson(*answer.faces)));
  }
  if (answer.lines) {
    members.push_back(R"("ocr":)" + (request.text_recognition
                                         ? ReadLinesJson(*answer.lines, answer.image_width, answer.image_height)
                                         : DetectedLinesJson(*answer.lines)));
  }
  if (answer.image_width > 0) {
    members.push_back(fmt::format(R"("imageHeight":{},"imageWidth":{})", answer.image_height, answer.image_width));
  }
  return fmt::format("{{{}}}", fmt::join(members, ","));
}

PredictHttpAnswer AnswerPredict(PredictService& service, const std::optional<std::string>& entries,
                                const std::optional<std::span<const uint8_t>>& image,
                                const std::optional<std::string>& text) {
  try {
    return Answer(service, entries, image, text);
  } catch (const std::exception& error) {  // memory, or a library that throws
    return FailureAnswer(absl::InternalError(error.what()));
  }
}

}  // namespace calotype
