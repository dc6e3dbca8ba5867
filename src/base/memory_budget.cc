#include "base/memory_budget.h"

#include <algorithm>
#include <chrono>

namespace calotype {
namespace {

// There is no notification when the memory outside the claims shrinks, so poll.
constexpr std::chrono::milliseconds kPollInterval{100};

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

// Holders do not allocate their whole claim at once, so resident memory minus claims may be too low. Trust the highest
// measurement until there are no claims and the figure is exact.
bool MemoryBudget::Fits(int64_t bytes) {
  const int64_t outside = std::max(settings_.resident() - claimed_, settings_.least_outside);
  outside_ = claimed_ == 0 ? outside : std::max(outside_, outside);
  return outside_ + claimed_ + bytes <= settings_.limit;
}

MemoryBudget::Claim MemoryBudget::Take(int64_t bytes) {
  if (settings_.limit == 0) {
    return {};
  }
  int64_t missing = 0;
  {
    const MutexLock lock(&mutex_);
    const int64_t turn = next_turn_++;
    const auto ready = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return turn == turn_ && (Fits(bytes) || claimed_ == 0);
    };
    while (!mutex_.AwaitWithTimeout(ready, kPollInterval)) {
    }
    missing = claimed_ > 0 || Fits(bytes) ? 0 : outside_ + bytes - settings_.limit;
  }
  // It is still this thread's turn: until the end, no other claim is granted.
  if (missing > 0 && settings_.make_room) {
    settings_.make_room(missing);
  }
  const MutexLock lock(&mutex_);
  Fits(bytes);  // measures again
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
