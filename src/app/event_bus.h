// Events from one service to any number of subscribers, each with a queue of its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "app/events.h"
#include "base/mutex.h"

namespace calotype {

// The events of one subscriber, oldest first. Thread-safe.
class EventQueue {
 public:
  // A subscriber that does not read loses the oldest events above this number.
  static constexpr std::size_t kCapacity = 10'000;

  // The next event. Waits until there is one; nullopt when `timeout` is over, or when the bus was closed and all
  // events were read.
  std::optional<Event> Next(std::chrono::milliseconds timeout = std::chrono::hours(24)) ABSL_LOCKS_EXCLUDED(mutex_);
  // The bus was closed and all events were read.
  bool finished() const ABSL_LOCKS_EXCLUDED(mutex_);
  // The number of events that were lost because nobody read them.
  int64_t lost() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  friend class EventBus;
  // A ScanProgress replaces one that waits at the end of the queue: only the newest is of use.
  void Push(const Event& event) ABSL_LOCKS_EXCLUDED(mutex_);
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);

  mutable Mutex mutex_;
  std::deque<Event> events_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t lost_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Thread-safe. Publishing never waits for a subscriber.
class EventBus {
 public:
  ~EventBus() { Close(); }

  // Receives the events from now on. Unsubscribes when the caller releases the queue.
  std::shared_ptr<EventQueue> Subscribe() ABSL_LOCKS_EXCLUDED(mutex_);
  void Publish(const Event& event) ABSL_LOCKS_EXCLUDED(mutex_);
  // Ends all queues, also those of later subscribers.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  std::vector<std::shared_ptr<EventQueue>> Subscribers() ABSL_LOCKS_EXCLUDED(mutex_);

  Mutex mutex_;
  std::vector<std::weak_ptr<EventQueue>> queues_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace calotype
