// Findings as JSON, in the shape that docs/json.md promises. Included by .cc files of the command line alone.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "analysis/findings.h"
#include "catalog/catalog.h"

namespace calotype {

struct JsonOptions {
  bool vectors = false;  // embeddings of photo and faces too
};

// "objects", "faces", "text", "pdq", "embedding", "tags": of each analysis that ran.
nlohmann::ordered_json FindingsToJson(const Findings& findings, const JsonOptions& options);

// "width", "height", "taken_at" and what else the photo says of itself.
void AddProperties(const PhotoProperties& properties, nlohmann::ordered_json& json);

// All that is known of a photo: what show --json and export print.
nlohmann::ordered_json PhotoToJson(const PhotoRecord& photo);

// Of the two files of a companion the one that is not the photo's own.
const std::string& CompanionPath(const PhotoRecord& photo, const Companion& companion);

// "devices", "timings_ms" and "errors", by analysis.
void AddOutcomes(std::span<const AnalysisOutcome> outcomes, nlohmann::ordered_json& json);

// One line; broken UTF-8 (a file name may hold any bytes) is replaced.
std::string JsonLine(const nlohmann::ordered_json& json);

}  // namespace calotype
