// What the threads of a process may hold in memory together: whoever is about to take much waits until there is room.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/memory.h"
#include "base/mutex.h"

namespace calotype {

struct MemorySettings {
  int64_t limit = 0;  // bytes that the whole process may hold; 0: no limit, nobody ever waits
  // Asked for when nobody holds a claim, and a new one still does not fit: gives `bytes` back, as far as it can.
  // Called with the budget's lock held. May be empty.
  std::function<void(int64_t bytes)> make_room;
  std::function<int64_t()> resident = ResidentBytes;  // for tests
};

// Thread-safe. A claim says what its holder may come to hold. What the process holds beside all claims (models, the
// program itself) is found by looking at how much is resident; so a claim that is too high costs speed, never safety.
class MemoryBudget {
 public:
  // Gives back what it claims when it goes. The budget must outlive it.
  class Claim {
   public:
    Claim() = default;
    Claim(Claim&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Claim& operator=(Claim&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;
    ~Claim() { ShrinkTo(0); }

    // From now on it claims only so much; does nothing when that is more.
    void ShrinkTo(int64_t bytes);
    // Claims so much, if there is room now and nobody waits; false, and nothing is changed, else.
    bool GrowTo(int64_t bytes);
    int64_t bytes() const { return bytes_; }

   private:
    friend class MemoryBudget;
    Claim(MemoryBudget* budget, int64_t bytes) : budget_(budget), bytes_(bytes) {}

    MemoryBudget* budget_ = nullptr;
    int64_t bytes_ = 0;
  };

  explicit MemoryBudget(MemorySettings settings) : settings_(std::move(settings)) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  int64_t limit() const { return settings_.limit; }

  // Waits until there is room, behind those who waited before. A claim that finds no other is granted in any case: what
  // cannot fit is for the caller to refuse. A thread that holds a claim must not wait for a second one.
  Claim Take(int64_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  bool Fits(int64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Release(int64_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);
  bool Add(int64_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);

  const MemorySettings settings_;
  Mutex mutex_;
  int64_t claimed_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t beside_ ABSL_GUARDED_BY(mutex_) = 0;  // the most that was seen beside all claims since there were none
  int64_t next_turn_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t turn_ ABSL_GUARDED_BY(mutex_) = 0;  // whose it is
};

}  // namespace calotype
