// The WorkSource in SQL. Only this folder includes it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "catalog/chunks.h"
#include "catalog/lease.h"
#include "catalog/sql.h"
#include "catalog/work_source.h"

namespace calotype {

class SqlWorkSource final : public WorkSource {
 public:
  // `mutex` guards `database`; both are the catalogue's and must outlive the source. Call Start() before anything else.
  SqlWorkSource(Mutex& mutex, Database& database, WorkOwner owner, CasualtyReader casualties)
      : mutex_(mutex),
        database_(database),
        owner_(std::move(owner)),
        casualties_(std::move(casualties)),
        registration_(owner_) {}
  ~SqlWorkSource() override;

  // Registers the owner and releases the photos of dead and expired ones.
  Status Start();

  const WorkOwner& owner() const override { return owner_; }
  StatusOr<std::vector<WorkItem>> Next(std::span<const std::string> analyses, int limit) override;
  StatusOr<int64_t> Book(std::span<const std::string> analyses, int64_t photos) override;
  StatusOr<std::vector<PhotoId>> Ack(std::span<const PhotoResult> results) override;
  Status Nack(std::span<const PhotoId> photos, std::string_view why) override;
  Status Release(std::span<const PhotoId> photos) override;
  Status Extend() override;
  StatusOr<int64_t> HeldByOthers() override;
  Status Close() override;

 private:
  struct Holder {
    int64_t id = 0;
    Lease lease;
    int64_t seen_at = 0;  // by the clock of the database, in seconds since 1970
  };
  // A photo that Next() returned.
  struct HeldPhoto {
    int64_t chunk = 0;
    std::vector<std::string> analyses;
  };
  struct HeldChunk {
    LeasedChunk lease;
    int64_t photos = 0;  // that are not finished
  };
  // A photo of a leased chunk that Next() did not return yet.
  struct WaitingPhoto {
    PhotoId photo = 0;
    int64_t chunk = 0;
  };
  // What a call of Next() changes, for when its transaction is committed.
  struct Taken {
    std::map<int64_t, HeldChunk> chunks;
    std::deque<WaitingPhoto> waiting;
    std::vector<std::pair<PhotoId, HeldPhoto>> held;
    std::vector<WorkItem> items;
  };

  static bool HasSuspects(const std::map<int64_t, HeldChunk>& chunks) {
    return std::ranges::any_of(chunks, [](const auto& one) { return one.second.lease.is_suspect; });
  }
  Status Renew() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Status RenewWhenDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StatusOr<std::vector<Holder>> OtherHolders() ABSL_LOCKS_EXCLUDED(mutex_);
  Status ReleaseOthers() ABSL_LOCKS_EXCLUDED(mutex_);
  Status ReleaseHolder(const Holder& holder, const std::optional<std::vector<Casualty>>& casualties)
      ABSL_LOCKS_EXCLUDED(mutex_);
  StatusOr<std::vector<WorkItem>> Take(std::span<const std::string> analyses, std::size_t limit)
      ABSL_LOCKS_EXCLUDED(mutex_);
  Status TakeRequested(std::span<const std::string> analyses, Taken& taken) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StatusOr<bool> TakeChunk(std::span<const std::string> analyses, std::size_t least, Taken& taken)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Status AddChunk(const LeasedChunk& chunk, bool first, Taken& taken) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StatusOr<bool> MayBook(std::span<const std::string> analyses) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StatusOr<int64_t> BookMore(std::span<const std::string> analyses, int64_t least, int64_t chunks)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Status HandOut(std::span<const std::string> analyses, std::size_t limit, Taken& taken)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StatusOr<std::map<PhotoId, WorkItem>> ReadItems(std::span<const WaitingPhoto> photos,
                                                  std::span<const std::string> analyses)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StatusOr<std::set<PhotoId>> EndClaims(std::span<const PhotoId> photos) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(std::span<const PhotoId> photos) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsNotForMe(PhotoId photo) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return set_aside_.contains(photo) || held_.contains(photo);
  }

  Mutex& mutex_;
  Database& database_ ABSL_GUARDED_BY(mutex_);
  const WorkOwner owner_;
  const CasualtyReader casualties_;
  const OwnerRegistration registration_;
  int64_t id_ ABSL_GUARDED_BY(mutex_) = 0;  // of the row in work_owner; 0 when there is none
  LeaseTime renewed_ ABSL_GUARDED_BY(mutex_);
  int64_t looked_for_others_ms_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t others_ ABSL_GUARDED_BY(mutex_) = 0;           // owners that were looked at then
  std::set<PhotoId> set_aside_ ABSL_GUARDED_BY(mutex_);  // given back by Nack(), not to be claimed again
  std::map<int64_t, HeldChunk> chunks_ ABSL_GUARDED_BY(mutex_);
  std::deque<WaitingPhoto> waiting_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<PhotoId, HeldPhoto> held_ ABSL_GUARDED_BY(mutex_);
  QueuePlaces places_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace calotype
