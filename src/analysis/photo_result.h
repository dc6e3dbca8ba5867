// The result of processing one photo: properties, findings, and the outcome of each analysis.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/findings.h"
#include "photo/decode.h"
#include "photo/facts.h"

namespace calotype {

// The number of a photo in its catalogue.
using PhotoId = int64_t;

// kSkipped: not run, because decoding or an analysis that it needs did not succeed. Values are stored: never renumber.
enum class AnalysisState : uint8_t { kPending = 0, kRunning = 1, kDone = 2, kFailed = 3, kSkipped = 4 };

// "pending", "running" ...
constexpr std::string_view AnalysisStateName(AnalysisState state) {
  switch (state) {
    case AnalysisState::kPending:
      return "pending";
    case AnalysisState::kRunning:
      return "running";
    case AnalysisState::kDone:
      return "done";
    case AnalysisState::kFailed:
      return "failed";
    case AnalysisState::kSkipped:
      return "skipped";
  }
  return "unknown";
}

// The name under which the outcome of decoding is recorded, like that of an analysis. All analyses of pixels need it.
inline constexpr std::string_view kDecodeAnalysis = "decode";

// The same for the facts that the photo and its sidecars hold. They can be read again without decoding pixels.
inline constexpr std::string_view kFactsAnalysis = "facts";

// An analysis and the version of it that is wanted.
struct AnalysisVersion {
  std::string analysis;  // Analyser::name()
  std::string version;   // Analyser::version()
};

struct AnalysisOutcome {
  std::string analysis;
  std::string version;
  AnalysisState state = AnalysisState::kDone;  // kDone, kFailed or kSkipped
  // Why it failed or was skipped. For kDone empty, or a warning: "damaged: ..." (decode, text), "cannot be read:
  // position" (facts).
  std::string reason;
  bool retryable = false;   // for kFailed: later scans retry it (RetryTime)
  std::string device;       // Analyser::device(); empty if it did not run
  double milliseconds = 0;  // elapsed time
};

// What the header and the metadata of a photo say.
struct PhotoProperties {
  PhotoFormat format = PhotoFormat::kUnknown;
  int width = 0;  // pixels, upright; 0 if the pixels could not be read
  int height = 0;
  int pages = 0;  // of a document; 0 if not known, and for formats that have no pages
  PhotoFacts facts;
  std::vector<uint8_t> thumb_hash;  // photo/thumb_hash.h; empty if it is not known
};

// Findings of an analysis with the outcome kDone replace its earlier ones, or wait while the library switches models
// (FateOf). After any other outcome the earlier findings stay.
struct PhotoResult {
  PhotoId id = 0;
  std::optional<PhotoProperties> properties;  // absent when not even the metadata was read, or the photo was not opened
  std::optional<PhotoFacts> facts;            // read again without decoding
  Findings findings;
  std::vector<AnalysisOutcome> outcomes;
};

}  // namespace calotype
