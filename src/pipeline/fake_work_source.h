// A WorkSource in memory, for tests.
#pragma once

#include <algorithm>
#include <atomic>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "catalog/work_source.h"

namespace calotype {

class FakeWorkSource : public WorkSource {
 public:
  std::deque<WorkItem> pending;       // what Next() returns; set it before use
  std::vector<PhotoId> acknowledged;  // read the members below only when no stage runs
  std::vector<std::pair<PhotoId, std::string>> given_back;
  std::vector<PhotoId> released;  // these are pending again, without files
  std::vector<PhotoId> lost;      // Ack() treats these photos as held by others
  Status error;                   // returned by Next(), Ack() and Extend() when it is not OK
  std::atomic<int> extensions{0};
  std::atomic<int64_t> held_by_others{0};

  const WorkOwner& owner() const override { return owner_; }

  StatusOr<std::vector<WorkItem>> Next(std::span<const std::string> /*analyses*/, int limit) override {
    const MutexLock lock(&mutex_);
    CALOTYPE_RETURN_IF_ERROR(error);
    std::vector<WorkItem> items;
    while (!pending.empty() && std::ssize(items) < limit) {
      items.push_back(std::move(pending.front()));
      pending.pop_front();
    }
    return items;
  }

  StatusOr<int64_t> Book(std::span<const std::string> /*analyses*/, int64_t /*photos*/) override { return 0; }

  StatusOr<std::vector<PhotoId>> Ack(std::span<const PhotoResult> results) override {
    const MutexLock lock(&mutex_);
    CALOTYPE_RETURN_IF_ERROR(error);
    std::vector<PhotoId> not_held;
    for (const PhotoResult& result : results) {
      const bool held = std::ranges::find(lost, result.id) == lost.end();
      (held ? acknowledged : not_held).push_back(result.id);
    }
    return not_held;
  }

  Status Nack(std::span<const PhotoId> photos, std::string_view why) override {
    const MutexLock lock(&mutex_);
    for (const PhotoId photo : photos) {
      given_back.emplace_back(photo, why);
    }
    return absl::OkStatus();
  }

  Status Release(std::span<const PhotoId> photos) override {
    const MutexLock lock(&mutex_);
    for (const PhotoId photo : photos) {
      released.push_back(photo);
      pending.push_back({.photo = photo});
    }
    return absl::OkStatus();
  }

  Status Extend() override {
    ++extensions;
    return error;
  }
  StatusOr<int64_t> HeldByOthers() override { return held_by_others.load(); }
  Status Close() override { return absl::OkStatus(); }

 private:
  const WorkOwner owner_;
  Mutex mutex_;
};

}  // namespace calotype
