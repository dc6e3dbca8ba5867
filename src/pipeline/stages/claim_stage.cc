#include "pipeline/stages/claim_stage.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/stoppable_sleep.h"
#include "storage/object_path.h"
#include "storage/photo_storage.h"

namespace calotype {
namespace {

constexpr int kClaimBatch = 32;
constexpr std::chrono::milliseconds kIdle{50};
constexpr std::chrono::milliseconds kWaitForOthers{500};

// True when no file of the photo exists. One that cannot be looked at is for the decoder to tell; so is an object,
// which takes a request to look at.
bool IsAbsent(const WorkItem& item) {
  return !item.files.empty() && std::ranges::none_of(item.files, [](const PhotoFile& file) {
    std::error_code error;
    return IsObjectPath(file.path) || std::filesystem::exists(LocalPath(file.path), error) || error;
  });
}

}  // namespace

void ClaimStage::Run() {
  while (!parts_.state.Stopping()) {
    if (const Status status = CheckModels(); !status.ok()) {
      return parts_.state.Fail(status);
    }
    parts_.state.WaitWhileResting();
    const StatusOr<bool> more = ClaimSome();
    if (!more.ok()) {
      return parts_.state.Fail(more.status());
    }
    if (!*more) {
      return;
    }
  }
}

Status ClaimStage::CheckModels() {
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<ModelSet> wanted, parts_.models.WantedModels());
  if (wanted != parts_.options.models) {
    parts_.state.Supersede();
  }
  return absl::OkStatus();
}

// False when there is nothing left to claim.
StatusOr<bool> ClaimStage::ClaimSome() {
  // Read before claiming: files that the walk adds between the claim and its own end must not be missed.
  const bool last_round = !parts_.state.walking();
  if (last_round) {
    CALOTYPE_RETURN_IF_ERROR(ClaimAbsentAnew());
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<WorkItem> claimed, parts_.source.Next(analyses_, kClaimBatch));
  if (claimed.empty() && !last_round) {
    std::this_thread::sleep_for(kIdle);
    return true;
  }
  if (claimed.empty()) {
    if (parts_.options.only_work) {
      SleepUnlessStopped(kWaitForOthers, parts_.state.stop_token());
      return true;
    }
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t held_by_others, parts_.source.HeldByOthers());
    std::this_thread::sleep_for(held_by_others > 0 ? kWaitForOthers : std::chrono::milliseconds(0));
    return held_by_others > 0;
  }
  if (!last_round) {
    std::erase_if(claimed, [this](const WorkItem& item) {
      const bool absent = IsAbsent(item);
      if (absent) {
        absent_.push_back(item.photo);
      }
      return absent;
    });
  }
  parts_.state.AddClaimed(static_cast<int64_t>(claimed.size()));
  for (WorkItem& item : claimed) {
    if (parts_.state.Stopping()) {
      return false;
    }
    parts_.output.Push(std::move(item));
  }
  return true;
}

// Called when the walk has ended: the photos may have other files now.
Status ClaimStage::ClaimAbsentAnew() {
  if (!absent_.empty()) {
    CALOTYPE_RETURN_IF_ERROR(parts_.source.Release(absent_));
  }
  absent_.clear();
  return absl::OkStatus();
}

}  // namespace calotype
