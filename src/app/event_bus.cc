#include "app/event_bus.h"

#include <utility>

namespace calotype {

std::optional<Event> EventQueue::Next(std::chrono::milliseconds timeout) {
  const MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return closed_ || !events_.empty(); },
                          timeout);
  if (events_.empty()) {
    return std::nullopt;
  }
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

bool EventQueue::finished() const {
  const MutexLock lock(&mutex_);
  return closed_ && events_.empty();
}

int64_t EventQueue::lost() const {
  const MutexLock lock(&mutex_);
  return lost_;
}

void EventQueue::Push(const Event& event) {
  const MutexLock lock(&mutex_);
  if (!events_.empty() && std::holds_alternative<ScanProgress>(event) &&
      std::holds_alternative<ScanProgress>(events_.back())) {
    events_.back() = event;
    return;
  }
  if (events_.size() == kCapacity) {
    events_.pop_front();
    ++lost_;
  }
  events_.push_back(event);
}

void EventQueue::Close() {
  const MutexLock lock(&mutex_);
  closed_ = true;
}

std::shared_ptr<EventQueue> EventBus::Subscribe() {
  auto queue = std::make_shared<EventQueue>();
  const MutexLock lock(&mutex_);
  if (closed_) {
    queue->Close();
  } else {
    queues_.push_back(queue);
  }
  return queue;
}

std::vector<std::shared_ptr<EventQueue>> EventBus::Subscribers() {
  std::vector<std::shared_ptr<EventQueue>> subscribers;
  const MutexLock lock(&mutex_);
  std::erase_if(queues_, [&](const std::weak_ptr<EventQueue>& queue) {
    std::shared_ptr<EventQueue> subscriber = queue.lock();
    const bool gone = subscriber == nullptr;
    if (!gone) {
      subscribers.push_back(std::move(subscriber));
    }
    return gone;
  });
  return subscribers;
}

void EventBus::Publish(const Event& event) {
  for (const std::shared_ptr<EventQueue>& queue : Subscribers()) {
    queue->Push(event);
  }
}

void EventBus::Close() {
  {
    const MutexLock lock(&mutex_);
    closed_ = true;
  }
  for (const std::shared_ptr<EventQueue>& queue : Subscribers()) {
    queue->Close();
  }
}

}  // namespace calotype
