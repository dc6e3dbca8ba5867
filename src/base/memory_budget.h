// Limits the memory that all threads of the process hold together. A thread that is about to allocate much memory takes
// a claim first and waits until it fits.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/memory.h"
#include "base/mutex.h"

namespace calotype {

struct MemorySettings {
  int64_t limit = 0;  // bytes that the whole process may hold; 0: no limit, no thread ever waits
  // Bytes outside all claims that will be resident soon, such as what models keep after their first runs: the memory
  // outside counts as no less than this.
  int64_t least_outside = 0;
  // Called without a lock when a claim does not fit although no other claim is held: should free `bytes` as far as
  // possible. It must not take a claim. Without this function, nothing is freed.
  std::function<void(int64_t bytes)> make_room;
  std::function<int64_t()> resident = ResidentBytes;  // for tests
};

// Thread-safe. A claim is the most that its holder may allocate. The memory outside all claims (models, the program
// itself) is measured as resident memory minus claims; so a claim that is too high costs speed, but never exceeds the
// limit.
class MemoryBudget {
 public:
  // Releases its bytes when destroyed. The budget must outlive it.
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

    // Reduces the claim to `bytes`; does nothing when the claim is already smaller.
    void ShrinkTo(int64_t bytes);
    // Raises the claim to `bytes` if that fits now and no thread waits. Otherwise changes nothing and returns false.
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

  // Waits until the claim fits; threads are served in the order in which they came. When no other claim is held, the
  // claim is granted even if it does not fit: the caller must refuse what can never fit. A thread that holds a claim
  // must not take a second one, since both could wait forever.
  Claim Take(int64_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  bool Fits(int64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Release(int64_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);
  bool Add(int64_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);

  const MemorySettings settings_;
  Mutex mutex_;
  int64_t claimed_ ABSL_GUARDED_BY(mutex_) = 0;
  // The highest measurement of the memory outside all claims since there were no claims.
  int64_t outside_ ABSL_GUARDED_BY(mutex_) = 0;
  // Threads take tickets: the next free one, and the one that is served now.
  int64_t next_turn_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t turn_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace calotype
