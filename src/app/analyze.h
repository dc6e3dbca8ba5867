// Analyses photo files and returns the findings; nothing is stored.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/findings.h"
#include "app/app.h"
#include "base/sha256.h"
#include "base/status.h"
#include "catalog/catalog.h"

namespace calotype {

// What a user may ask for: the names of analyses, and "faces" for both of those with faces.
inline constexpr std::array<std::string_view, 7> kAnalysisNames = {"objects",      "embedding",       "text", "faces",
                                                                   "faces.detect", "faces.recognise", "pdq"};

struct OpenPhoto;
struct PhotoTools;

struct AnalyzeRequest {
  std::vector<std::string> photos;  // paths
  std::vector<std::string> only;    // names of analyses; empty: all of the pack in use
};

struct AnalyzedPhoto {
  std::string path;
  Status status;  // why it could not be read or decoded; then only the metadata is set, if that could be read
  Sha256Digest sha256;
  PhotoProperties properties;
  Findings findings;
  std::vector<AnalysisOutcome> outcomes;

  // It was decoded and all of its analyses succeeded.
  bool ok() const;
};

// The photo in open files: all but its path and hash. A photo that cannot be decoded has its reason and its metadata.
AnalyzedPhoto AnalyzeOpenPhoto(const OpenPhoto& photo, const PhotoTools& tools);

// Analyses the photos in parallel (scan.workers) and calls `on_photo` for each, in the order of the request, on the
// caller's thread. Opens neither models nor ONNX Runtime if none of request.only needs them (pdq). Fails when the
// models cannot be opened or request.only has an unknown name (kInvalidArgument); a photo that fails is an answer.
Status AnalyzePhotos(const App& app, const AnalyzeRequest& request,
                     const std::function<void(const AnalyzedPhoto&)>& on_photo);

}  // namespace calotype
