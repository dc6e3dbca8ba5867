// One photo from open files to its result. Scans, analyze, quantise and the server all use these functions.
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "analysis/photo_result.h"
#include "base/memory_budget.h"
#include "base/status.h"
#include "photo/photo_reader.h"
#include "photo/places.h"
#include "pipeline/document.h"
#include "pipeline/open_photo.h"
#include "pipeline/photo_analysis.h"

namespace calotype {

// The setting that MemorySettings::limit comes from, for messages.
inline constexpr char kMemoryKnob[] = "limits.memory_mb, scan --memory";
// Bytes that the models take while they analyse one photo, measured with the packs in common use. What they keep
// afterwards is part of the process from the first photo on, and the budget counts it there.
inline constexpr int64_t kAnalysisBytes = 150'000'000;
// What one model keeps after its first photos, beside what it takes when it is loaded; measured in the same way.
inline constexpr int64_t kKeptBytes = 30'000'000;

// What is needed to process photos. All of it is thread-safe and must outlive the calls.
struct PhotoTools {
  const PhotoReader& reader;
  const PhotoAnalysis& analysis;
  const PlaceIndex* places = nullptr;  // null: photos get no place names
  DecodeLimits limits;
  MemoryBudget* memory = nullptr;  // null: decode at once, whatever memory it takes
  std::stop_token stop;            // PhotoRequest::stop
};

// A photo that was read and waits for its analysis.
struct LoadedPhoto {
  DecodedPhoto decoded;
  PhotoResult result;          // properties, and the outcomes of kDecodeAnalysis and kFactsAnalysis
  MemoryBudget::Claim memory;  // for the decoded photo and its analysis: keep it until the analysis is done
};

// First step: reads pixels and metadata, and adds place names and the time zone. With PhotoTools::memory it waits until
// the budget has room for the photo. Blocks.
//   kResourceExhausted  the photo needs more than the whole budget, or exceeds a limit
//   kAborted            the file grew while it was read
// Other error codes as for PhotoReader::Decode().
StatusOr<LoadedPhoto> LoadPhoto(const OpenPhoto& photo, const PhotoTools& tools);

// The first step for a page of a document other than the first: only the pixels. Its result is empty.
StatusOr<LoadedPhoto> LoadPage(const OpenPhoto& photo, int page, const PhotoTools& tools);

// The document that `photo` is the first page of, for the analyses `names`; null if no other page is to be read.
std::shared_ptr<Document> DocumentOf(const LoadedPhoto& photo, std::span<const std::string> names,
                                     const PhotoTools& tools);

// Second step: runs the analyses `names` (see PhotoAnalysis::Closure) and returns the whole result. A failed analysis
// is an outcome in it.
PhotoResult AnalysePhoto(LoadedPhoto photo, std::span<const std::string> names, const PhotoTools& tools);

// Both steps, with all analyses, for each page of a document that is to be read. The error is that of LoadPhoto();
// PhotoResult::id is not set.
StatusOr<PhotoResult> ProcessPhoto(const OpenPhoto& photo, const PhotoTools& tools);

// Reads only what LoadPhoto() reads without decoding: format, metadata, place names, time zone. The size stays 0. Works
// for photos whose pixels are broken. Error codes as for LoadPhoto().
struct LoadedFacts {
  PhotoProperties properties;
  std::string unread_sidecar;  // as in OpenPhoto, also for one that was opened; without it, facts may be missing
};
StatusOr<LoadedFacts> LoadFacts(const OpenPhoto& photo, const PhotoTools& tools);

// The version under which facts are stored; it names the release of the place names.
std::string FactsVersion(const PlaceIndex* places);
// True if facts stored under `version` were read as this program reads them, with whatever place names.
bool IsCurrentFactsVersion(std::string_view version);

// The outcome of kFactsAnalysis with `facts`: its reason names what is there but cannot be read. It failed, and is
// retried, if `unread_sidecar` (LoadedFacts) is not empty.
AnalysisOutcome FactsOutcome(const PlaceIndex* places, const PhotoFacts& facts, std::string_view unread_sidecar);

}  // namespace calotype
