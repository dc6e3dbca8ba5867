// The rules of work that every kind of catalogue follows: retries with back-off, photos that crash the program, and
// priorities. Pure functions: the caller reads and writes the rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "analysis/photo_result.h"
#include "catalog/work_catalog.h"

namespace calotype {

// The order in which pending analyses are claimed; the lowest first. Values are stored: never renumber.
enum class WorkPriority : uint8_t {
  kRequested = 0,  // somebody waits for the photo
  kNew = 1,        // it has no findings yet
  kReplace = 2,    // it has findings of another version
  kSuspect = 3,    // it was in work when a process was killed
};

// The state and priority of an analysis.
struct WorkState {
  AnalysisState state = AnalysisState::kPending;
  WorkPriority priority = WorkPriority::kNew;

  bool operator==(const WorkState&) const = default;
};

// What an analysis becomes when a version of it is wanted that differs from the one wanted before: done if findings of
// the wanted version are shown or kept, else pending.
WorkState StateWhenWanted(bool has_findings, bool has_wanted_findings);

// When to retry an analysis that ended with `outcome` after `attempts` (at least 1), in seconds since 1970: 60 s after
// the first attempt, then four times as long each time. 0 for never: it did not fail, it is not retryable, or five
// automatic retries were made.
int64_t RetryTime(const AnalysisOutcome& outcome, int64_t attempts, int64_t now);

// A failed analysis, as RetryFilter sees it.
struct FailedAnalysis {
  PhotoId photo = 0;
  std::string reason;
  int64_t retry_at = 0;    // seconds since 1970; 0 for never
  int64_t updated_at = 0;  // seconds since 1970
};

// True when `filter` selects the failure. A time to retry that was set by a clock ahead of `now` counts as come: the
// clock was set back since, and the time might not come for years.
bool Selects(const RetryFilter& filter, const FailedAnalysis& failed, int64_t now);

// How often a process died while it worked on an analysis.
struct DeathCount {
  int64_t crashes = 0;
  int64_t kills = 0;
};

// What happens to a running analysis whose process died.
struct DeathVerdict {
  DeathCount deaths;
  AnalysisState state = AnalysisState::kPending;  // or kFailed
  std::string reason;                             // for kFailed
  bool is_suspect = false;                        // gets WorkPriority::kSuspect
};

// Two crashes make the analysis fail, since a crash is most likely the photo's doing. A kill may be the user's, so it
// takes five in a row.
DeathVerdict JudgeDeath(DeathCount before, bool crashed);

}  // namespace calotype
