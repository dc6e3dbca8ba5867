#include "base/memory_budget.h"

#include <algorithm>
#include <chrono>

namespace calotype {
namespace {

// What is held beside the claims may shrink without anybody telling.
constexpr std::chrono::milliseconds kLookAgain{100};

}  // namespace

void MemoryBudget::Claim::ShrinkTo(int64_t bytes) {
  if (budget_ != nullptr && bytes < bytes_) {
    budget_->Release(bytes_ - bytes);
    bytes_ = bytes;
  }
}

bool MemoryBudget::Claim::GrowTo(int64_t bytes) {
  if (budget_ == nullptr || bytes <= bytes_) {
    return true;
  }
  const bool added = budget_->Add(bytes - bytes_);
  bytes_ = added ? bytes : bytes_;
  return added;
}

// Claims are not used up at once: what is resident beyond them now is the least that others hold. The most of these
// figures is the one to trust, until there is no claim and the figure is exact.
bool MemoryBudget::Fits(int64_t bytes) {
  const int64_t beside = settings_.resident() - claimed_;
  beside_ = claimed_ == 0 ? beside : std::max(beside_, beside);
  return beside_ + claimed_ + bytes <= settings_.limit;
}

MemoryBudget::Claim MemoryBudget::Take(int64_t bytes) {
  if (settings_.limit == 0) {
    return {};
  }
  const MutexLock lock(&mutex_);
  const int64_t turn = next_turn_++;
  const auto ready = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return turn == turn_ && (Fits(bytes) || claimed_ == 0);
  };
  while (!mutex_.AwaitWithTimeout(ready, kLookAgain)) {
  }
  if (claimed_ == 0 && !Fits(bytes) && settings_.make_room) {
    settings_.make_room(beside_ + bytes - settings_.limit);
    Fits(bytes);  // to look again
  }
  claimed_ += bytes;
  ++turn_;
  return {this, bytes};
}

void MemoryBudget::Release(int64_t bytes) {
  const MutexLock lock(&mutex_);
  claimed_ -= bytes;
}

bool MemoryBudget::Add(int64_t bytes) {
  const MutexLock lock(&mutex_);
  const bool fits = turn_ == next_turn_ && Fits(bytes);
  claimed_ += fits ? bytes : 0;
  return fits;
}

}  // namespace calotype
