// Photos and findings as JSON, in the form that docs/json.md describes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "analysis/findings.h"
#include "catalog/catalog.h"

namespace calotype {

struct AnalyzedPhoto;

struct JsonOptions {
  bool vectors = false;  // include the embeddings of the photo and its faces
};

// The keys "objects", "faces", "text", "pdq", "embedding" and "tags", each if its analysis ran.
nlohmann::ordered_json FindingsToJson(const Findings& findings, const JsonOptions& options);

// Adds "width", "height", "taken_at" and the other facts from the photo's header and metadata.
void AddProperties(const PhotoProperties& properties, nlohmann::ordered_json& json);

// The whole record of a photo, as `show --json` and `export` print it.
nlohmann::ordered_json PhotoToJson(const PhotoRecord& photo);

// A photo as `analyze` prints it: path, facts and error for one that could not be decoded.
nlohmann::ordered_json AnalyzedToJson(const AnalyzedPhoto& photo, const JsonOptions& options);

// The other file of a companion: of its two paths the one that is not a path of `photo`.
const std::string& CompanionPath(const PhotoRecord& photo, const Companion& companion);

// Adds "devices", "timings_ms" and "errors", each by analysis, and "warnings" if there are any.
void AddOutcomes(std::span<const AnalysisOutcome> outcomes, nlohmann::ordered_json& json);

// `json` on one line that ends in a newline. Invalid UTF-8, which file names may contain, is replaced by U+FFFD.
std::string JsonLine(const nlohmann::ordered_json& json);

}  // namespace calotype
