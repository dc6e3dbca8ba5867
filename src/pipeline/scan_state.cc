#include "pipeline/scan_state.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

namespace calotype {

void ScanState::Fail(const Status& error) {
  const MutexLock lock(&mutex_);
  first_error_.Update(error);
  failed_ = true;
}

Status ScanState::error() const {
  const MutexLock lock(&mutex_);
  return first_error_;
}

void ScanState::AddResult(const PhotoResult& result) {
  bool failed = false;
  const MutexLock lock(&mutex_);
  for (const AnalysisOutcome& outcome : result.outcomes) {
    failed = failed || outcome.state == AnalysisState::kFailed;
    if (outcome.state == AnalysisState::kDone) {
      devices_[outcome.analysis] = outcome.device;
    }
  }
  ++(failed ? photos_failed_ : analysed_);
}

void ScanState::SetResting(std::string reason) {
  const MutexLock lock(&mutex_);
  resting_ = std::move(reason);
  rests_ = !resting_.empty();
}

void ScanState::WaitWhileResting() const {
  constexpr std::chrono::milliseconds kPeriod{20};
  while (rests_ && !Stopping()) {
    std::this_thread::sleep_for(kPeriod);
  }
}

void ScanState::Deliver(const ScanSubscriber& subscriber) {
  while (std::optional<ScanFailure> failure = failures_.TryPop()) {
    subscriber(*std::move(failure));
  }
}

ScanProgress ScanState::Progress() const {
  const MutexLock lock(&mutex_);
  return {.walking = walking_,
          .photos = counts_.photos,
          .unchanged = counts_.unchanged,
          .to_do = std::max<int64_t>(claimed_, counts_.photos - counts_.unchanged - counts_.problems),
          .analysed = analysed_,
          .failed = photos_failed_,
          .resting = resting_};
}

std::map<std::string, std::string> ScanState::devices() const {
  const MutexLock lock(&mutex_);
  return devices_;
}

}  // namespace calotype
