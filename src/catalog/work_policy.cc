#include "catalog/work_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace calotype {
namespace {

constexpr int64_t kFirstRetrySeconds = 60;
constexpr int64_t kAutomaticRetries = 5;
constexpr int64_t kMaxCrashes = 2;
constexpr int64_t kMaxKills = 5;

bool ContainsIgnoringCase(std::string_view text, std::string_view part) {
  return ToLowerAscii(text).find(ToLowerAscii(part)) != std::string::npos;
}

}  // namespace

WorkState StateWhenWanted(bool has_findings, bool has_wanted_findings) {
  return {.state = has_wanted_findings ? AnalysisState::kDone : AnalysisState::kPending,
          .priority = has_findings ? WorkPriority::kReplace : WorkPriority::kNew};
}

int64_t RetryTime(const AnalysisOutcome& outcome, int64_t attempts, int64_t now) {
  if (outcome.state != AnalysisState::kFailed || !outcome.retryable || attempts > kAutomaticRetries) {
    return 0;
  }
  const int64_t doublings = 2 * std::max<int64_t>(attempts - 1, 0);
  return now + (kFirstRetrySeconds << doublings);
}

bool Selects(const RetryFilter& filter, const FailedAnalysis& failed, int64_t now) {
  const bool is_due = failed.retry_at > 0 && (failed.retry_at <= now || failed.updated_at > now);
  return (!filter.due || is_due) && (!filter.photo.has_value() || *filter.photo == failed.photo) &&
         ContainsIgnoringCase(failed.reason, filter.reason);
}

DeathVerdict JudgeDeath(DeathCount before, bool crashed) {
  DeathVerdict verdict{.deaths = before, .is_suspect = !crashed};
  ++(crashed ? verdict.deaths.crashes : verdict.deaths.kills);
  if (verdict.deaths.crashes >= kMaxCrashes) {
    verdict.state = AnalysisState::kFailed;
    verdict.reason =
        fmt::format("set aside: Calotype crashed {} times while it analysed this photo", verdict.deaths.crashes);
  } else if (verdict.deaths.kills >= kMaxKills) {
    verdict.state = AnalysisState::kFailed;
    verdict.reason = fmt::format(
        "set aside: Calotype was killed {} times in a row while it analysed this photo (too little memory?)",
        verdict.deaths.kills);
  }
  return verdict;
}

}  // namespace calotype
