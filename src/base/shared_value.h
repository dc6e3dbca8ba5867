// A value that one thread replaces while others read it.
#pragma once

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"

namespace calotype {

// Thread-safe.
template <typename T>
class SharedValue {
 public:
  explicit SharedValue(T value) : value_(std::make_shared<const T>(std::move(value))) {}

  // The current value, which stays as it is for as long as the caller keeps it.
  std::shared_ptr<const T> Get() const ABSL_LOCKS_EXCLUDED(mutex_) {
    const MutexLock lock(&mutex_);
    return value_;
  }
  void Set(T value) ABSL_LOCKS_EXCLUDED(mutex_) {
    auto next = std::make_shared<const T>(std::move(value));
    const MutexLock lock(&mutex_);
    value_.swap(next);
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const T> value_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
