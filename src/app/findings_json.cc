#include "app/findings_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "app/analyze.h"
#include "base/printable.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

// Pixels to a tenth, scores to a thousandth: more digits would suggest a precision that models do not have.
double Pixels(float value) { return std::round(static_cast<double>(value) * 10) / 10; }
double Score(float value) { return std::round(static_cast<double>(value) * 1000) / 1000; }

Json ToJson(const Box& box) { return {Pixels(box.x), Pixels(box.y), Pixels(box.width), Pixels(box.height)}; }

Json ToJson(std::span<const Point> points) {
  Json array = Json::array();
  for (const Point& point : points) {
    array.push_back({Pixels(point.x), Pixels(point.y)});
  }
  return array;
}

Json ToJson(const FaceFinding& face, const JsonOptions& options) {
  const std::span<const Point> landmarks(face.landmarks);
  Json json = {{"score", Score(face.score)},
               {"box", ToJson(face.box)},
               {"landmarks", ToJson(face.has_landmarks() ? landmarks : landmarks.first(0))}};
  if (face.sharpness.has_value()) {
    json["sharpness"] = Score(*face.sharpness);
  }
  if (options.vectors && !face.embedding.empty()) {
    json["embedding"] = face.embedding;
  }
  return json;
}

Json ToJson(const EmbeddingFinding& embedding, const JsonOptions& options) {
  Json json = {{"model", embedding.space}, {"dim", embedding.vector.size()}};
  if (options.vectors) {
    json["vector"] = embedding.vector;
  }
  return json;
}

Json ToJson(const PdqFinding& pdq) {
  std::string hash;
  for (const uint8_t byte : pdq.hash) {
    hash += fmt::format("{:02x}", byte);
  }
  return {{"hash", hash}, {"quality", pdq.quality}};
}

std::string_view KindName(CompanionKind kind) {
  switch (kind) {
    case CompanionKind::kVideo:
      return "video";
    case CompanionKind::kRaw:
      return "pair";
    default:
      return "sidecar";
  }
}

// What people wrote into the photo, and what follows from its position. Unknown facts are left out.
void AddWrittenFacts(const PhotoProperties& properties, Json& json) {
  const PhotoFacts& facts = properties.facts;
  const auto add = [&json](const char* key, const auto& value) {
    if (value != std::decay_t<decltype(value)>()) {
      json[key] = value;
    }
  };
  add("time_zone", facts.time_zone);
  add("city", facts.city);
  add("region", facts.region);
  add("country", facts.country);
  add("title", facts.title);
  add("description", facts.description);
  add("keywords", facts.keywords);
  if (facts.taken_utc.has_value()) {
    json["taken_utc"] = *facts.taken_utc;
  }
  if (facts.rating.has_value()) {
    json["rating"] = *facts.rating;
  }
  for (const NamedRegion& region : facts.regions) {
    const auto width = static_cast<float>(properties.width);
    const auto height = static_cast<float>(properties.height);
    const Box box{region.box.x * width, region.box.y * height, region.box.width * width, region.box.height * height};
    json["regions"].push_back({{"name", region.name}, {"box", width > 0 ? ToJson(box) : Json(nullptr)}});
  }
}

}  // namespace

Json FindingsToJson(const Findings& findings, const JsonOptions& options) {
  Json json = Json::object();
  if (findings.objects.has_value()) {
    json["objects"] = Json::array();
    for (const ObjectFinding& object : *findings.objects) {
      json["objects"].push_back({{"label", object.label}, {"score", Score(object.score)}, {"box", ToJson(object.box)}});
    }
  }
  if (findings.faces.has_value()) {
    json["faces"] = Json::array();
    for (const FaceFinding& face : *findings.faces) {
      json["faces"].push_back(ToJson(face, options));
    }
  }
  if (findings.text.has_value()) {
    json["text"] = Json::array();
    for (const TextFinding& line : *findings.text) {
      json["text"].push_back({{"text", line.text},
                              {"score", Score(line.score)},
                              {"quad", ToJson(std::span(line.quad))},
                              {"page", line.page}});
    }
  }
  if (findings.pdq.has_value()) {
    json["pdq"] = ToJson(*findings.pdq);
  }
  if (findings.embedding.has_value()) {
    json["embedding"] = ToJson(*findings.embedding, options);
    json["tags"] = Json::array();
    for (const Tag& tag : findings.embedding->tags) {
      json["tags"].push_back({{"label", tag.label}, {"score", Score(tag.score)}});
    }
  }
  return json;
}

void AddProperties(const PhotoProperties& properties, Json& json) {
  json["format"] = FormatName(properties.format);
  json["width"] = properties.width > 0 ? Json(properties.width) : Json(nullptr);
  json["height"] = properties.height > 0 ? Json(properties.height) : Json(nullptr);
  if (properties.pages > 1) {
    json["pages"] = properties.pages;
  }
  const PhotoFacts& facts = properties.facts;
  json["taken_at"] = facts.taken_at.empty() ? Json(nullptr) : Json(facts.taken_at);
  if (!facts.camera.empty()) {
    json["camera"] = facts.camera;
  }
  if (!facts.lens.empty()) {
    json["lens"] = facts.lens;
  }
  if (facts.gps.has_value()) {
    json["gps"] = {{"latitude", facts.gps->latitude}, {"longitude", facts.gps->longitude}};
    if (facts.gps->altitude.has_value()) {
      json["gps"]["altitude"] = *facts.gps->altitude;
    }
  }
  AddWrittenFacts(properties, json);
}

const std::string& CompanionPath(const PhotoRecord& photo, const Companion& companion) {
  const bool is_own = std::ranges::find(photo.paths, companion.path) != photo.paths.end();
  return is_own ? companion.photo_path : companion.path;
}

Json PhotoToJson(const PhotoRecord& photo) {
  Json json = {
      {"path", photo.paths.front()}, {"paths", photo.paths}, {"sha256", photo.sha256.Hex()}, {"bytes", photo.bytes}};
  if (!photo.companions.empty()) {
    json["with"] = Json::array();
    for (const Companion& companion : photo.companions) {
      json["with"].push_back({{"path", CompanionPath(photo, companion)}, {"kind", KindName(companion.kind)}});
    }
  }
  if (photo.properties.has_value()) {
    AddProperties(*photo.properties, json);
  }
  json.update(FindingsToJson(photo.findings, {}));
  for (std::size_t i = 0; i < photo.face_people.size(); ++i) {
    json["faces"][i]["face"] = photo.face_ids[i];
    json["faces"][i]["person"] = photo.face_people[i].has_value() ? Json(*photo.face_people[i]) : Json(nullptr);
    if (!photo.face_names[i].empty()) {
      json["faces"][i]["name"] = photo.face_names[i];
    }
  }
  AddOutcomes(photo.outcomes, json);
  return json;
}

Json AnalyzedToJson(const AnalyzedPhoto& photo, const JsonOptions& options) {
  if (!photo.status.ok()) {
    Json json = {{"path", photo.path}};
    if (photo.properties.format != PhotoFormat::kUnknown) {
      AddProperties(photo.properties, json);
    }
    json["errors"] = {{kDecodeAnalysis, Message(photo.status)}};
    return json;
  }
  Json json = {{"path", photo.path}, {"sha256", photo.sha256.Hex()}};
  AddProperties(photo.properties, json);
  json.update(FindingsToJson(photo.findings, options));
  AddOutcomes(photo.outcomes, json);
  // Facts are read together with the photo: they take no time and run on no device of their own.
  json["devices"].erase(std::string(kFactsAnalysis));
  json["timings_ms"].erase(std::string(kFactsAnalysis));
  return json;
}

void AddOutcomes(std::span<const AnalysisOutcome> outcomes, Json& json) {
  Json devices = Json::object();
  Json timings = Json::object();
  Json errors = Json::object();
  Json warnings = Json::object();
  for (const AnalysisOutcome& outcome : outcomes) {
    if (outcome.state == AnalysisState::kDone) {
      devices[outcome.analysis] = outcome.device;
      timings[outcome.analysis] = std::round(outcome.milliseconds * 10) / 10;
      if (!outcome.reason.empty()) {
        warnings[outcome.analysis] = outcome.reason;
      }
    } else if (!outcome.reason.empty()) {
      errors[outcome.analysis] = outcome.reason;
    }
  }
  json["devices"] = std::move(devices);
  json["timings_ms"] = std::move(timings);
  json["errors"] = std::move(errors);
  if (!warnings.empty()) {
    json["warnings"] = std::move(warnings);
  }
}

std::string JsonLine(const Json& json) {
  return PrintableJson(json.dump(-1, ' ', false, nlohmann::detail::error_handler_t::replace)) + "\n";
}

}  // namespace calotype
