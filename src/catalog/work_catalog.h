// The role of work: which analyses the photos need, in which state they are, and retries.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "catalog/types.h"
#include "catalog/work_source.h"

namespace calotype {

struct StateCounts {
  int64_t pending = 0;
  int64_t running = 0;
  int64_t done = 0;
  int64_t failed = 0;
  int64_t skipped = 0;
};

// Selects failures to retry. Empty members select all.
struct RetryFilter {
  std::string reason;            // a part of the reason; case does not matter
  std::optional<PhotoId> photo;  // of this photo only
  bool due = false;              // only those whose time to retry has come; their number of attempts is kept
};

struct FailureGroup {
  std::string analysis;  // "read" for files that could not be opened
  std::string reason;
  int64_t count = 0;
  std::vector<std::string> examples;  // paths, at most three
  int64_t next_try = 0;               // seconds since 1970 of the first automatic retry; 0 when there is none
};

// Where an analysis ran last, and how long it takes.
struct DeviceUse {
  std::string device;       // of the latest one done: "onnxruntime 1.31.1 cpu f32"
  double milliseconds = 0;  // mean over the latest photos (some hundred)
};

struct CatalogStatus {
  int64_t photos = 0;   // distinct contents with a present file
  int64_t missing = 0;  // distinct contents without one
  int64_t damaged = 0;  // of the present ones: pixels or pages are missing (AnalysisOutcome::reason)
  std::map<std::string, StateCounts> analyses;
  std::map<std::string, DeviceUse> devices;  // by analysis
  std::vector<FailureGroup> failures;        // most frequent first
};

class WorkCatalog {
 public:
  virtual ~WorkCatalog() = default;

  // Makes sure that each present photo has a row for each of `analyses` in the wanted version: photos without a row and
  // photos with another version become pending, and so does each photo that AddFile() creates from now on. Photos whose
  // shown or kept findings have the wanted version already are done. Earlier findings are shown until CompleteSwitch().
  virtual Status RequireAnalyses(std::span<const AnalysisVersion> analyses) = 0;

  // Returns a source of work for a new owner in this process. `casualties` may be empty: then crashes are not
  // attributed to photos.
  virtual StatusOr<std::unique_ptr<WorkSource>> OpenWork(WorkOwner owner, CasualtyReader casualties) = 0;

  // Writes findings, states and properties of several photos in one transaction: all or nothing. It ignores claims: use
  // WorkSource::Ack() for claimed photos, this for results from elsewhere (imports, tests, benchmarks). Findings of
  // another version than the photo's shown ones of that analysis are kept for CompleteSwitch(); the others are shown at
  // once. A face that is found again (its box overlaps an earlier one by half) keeps its id and its person.
  //   kNotFound         the catalogue does not have one of the photos
  //   kInvalidArgument  an analysis is done, but its findings are absent; or faces.recognise is done, but for other
  //                     faces than those stored
  virtual Status Store(std::span<const PhotoResult> results) = 0;

  // Puts the failed analyses that `filter` selects back to pending, and with them the skipped ones of the same photos.
  // A document counts as failed if pages were left out because of a limit (unless RetryFilter::due). Returns the number
  // of failed ones.
  virtual StatusOr<int64_t> RetryFailed(const RetryFilter& filter) = 0;

  // While paused, scans start nothing new. The setting is stored.
  virtual Status SetPaused(bool paused) = 0;
  virtual StatusOr<bool> Paused() = 0;

  // Pending analyses of the photo come first from now on.
  virtual Status Prioritise(PhotoId photo) = 0;

  virtual StatusOr<CatalogStatus> GetStatus() = 0;
};

}  // namespace calotype
