#include "pipeline/stages/claim_stage.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>
#include <utility>

namespace calotype {
namespace {

constexpr int kClaimBatch = 32;
constexpr std::chrono::milliseconds kIdle{50};
constexpr std::chrono::milliseconds kRest{200};

}  // namespace

void ClaimStage::Run() {
  while (!state_.Stopping()) {
    if (const Status status = CheckModels(); !status.ok()) {
      return state_.Fail(status);
    }
    if (Rests()) {
      std::this_thread::sleep_for(kRest);
      continue;
    }
    const StatusOr<bool> more = ClaimSome();
    if (!more.ok()) {
      return state_.Fail(more.status());
    }
    if (!*more) {
      return;
    }
  }
}

Status ClaimStage::CheckModels() {
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<ModelSet> wanted, catalog_.WantedModels());
  if (wanted != options_.models) {
    state_.Supersede();
  }
  return absl::OkStatus();
}

// Called before each claim, so a pause takes effect within a few photos.
bool ClaimStage::Rests() {
  const StatusOr<bool> paused = catalog_.Paused();
  std::string reason = paused.ok() && *paused ? "paused (calotype resume goes on)" : ReasonToRest(options_.throttle);
  const bool rests = !reason.empty();
  state_.SetResting(std::move(reason));
  return rests;
}

// False when there is nothing left to claim.
StatusOr<bool> ClaimStage::ClaimSome() {
  // Read before claiming: files that the walk adds between the claim and its own end must not be missed.
  const bool last_round = !state_.walking();
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<WorkItem> claimed, source_.Next(analyses_, kClaimBatch));
  if (claimed.empty()) {
    // Another owner may give photos back, or die with them.
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t held_by_others, source_.HeldByOthers());
    const bool more = !last_round || held_by_others > 0;
    std::this_thread::sleep_for(more ? kIdle : std::chrono::milliseconds(0));
    return more;
  }
  state_.AddClaimed(static_cast<int64_t>(claimed.size()));
  for (WorkItem& photo : claimed) {
    if (state_.Stopping()) {
      return false;
    }
    output_.Push(std::move(photo));
  }
  return true;
}

}  // namespace calotype
