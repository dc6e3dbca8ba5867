// A mutex that both Clang's thread-safety analysis and ThreadSanitizer understand. absl::Mutex is not used: the Abseil
// libraries of Debian and Ubuntu are not instrumented, so ThreadSanitizer does not see their locks and reports races
// that do not exist.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"

namespace calotype {

class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }

  // Also wakes the threads in Await(), since their condition may have become true.
  void Unlock() ABSL_UNLOCK_FUNCTION() {
    mutex_.unlock();
    unlocked_.notify_all();
  }

  // Releases the lock while waiting until `ready()` returns true. `ready` is called with the lock held.
  template <typename Predicate>
  void Await(const Predicate& ready) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this) {
    std::unique_lock<std::mutex> lock(mutex_, std::adopt_lock);
    WakeOthersUnless(ready);
    unlocked_.wait(lock, ready);
    lock.release();
  }

  // Like Await(), but waits at most `timeout`. Returns the last result of `ready()`.
  template <typename Predicate>
  bool AwaitWithTimeout(const Predicate& ready, std::chrono::nanoseconds timeout) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this) {
    std::unique_lock<std::mutex> lock(mutex_, std::adopt_lock);
    WakeOthersUnless(ready);
    const bool answer = unlocked_.wait_for(lock, timeout, ready);
    lock.release();
    return answer;
  }

 private:
  // Waiting releases the lock, so changes made under it may be what other threads wait for.
  template <typename Predicate>
  void WakeOthersUnless(const Predicate& ready) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (!ready()) {
      unlocked_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable unlocked_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(*mutex) { mutex_.Lock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }

 private:
  Mutex& mutex_;
};

}  // namespace calotype
