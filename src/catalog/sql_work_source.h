// The WorkSource in SQL. Only this folder includes it.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
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
  using Turn = std::pair<int64_t, PhotoId>;  // priority first, then age

  Status Renew() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Status RenewWhenDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StatusOr<std::vector<Holder>> OtherHolders() ABSL_LOCKS_EXCLUDED(mutex_);
  Status ReleaseOthers() ABSL_LOCKS_EXCLUDED(mutex_);
  Status ReleaseHolder(const Holder& holder, std::span<const Casualty> casualties) ABSL_LOCKS_EXCLUDED(mutex_);
  Status Blame(int64_t holder, const Casualty& casualty) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StatusOr<std::set<Turn>> FirstPending(std::span<const std::string> analyses, std::size_t limit)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StatusOr<WorkItem> Claim(PhotoId photo, std::span<const std::string> analyses) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Status MakePending(PhotoId photo) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StatusOr<bool> DropClaim(PhotoId photo) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex& mutex_;
  Database& database_ ABSL_GUARDED_BY(mutex_);
  const WorkOwner owner_;
  const CasualtyReader casualties_;
  const OwnerRegistration registration_;
  int64_t id_ ABSL_GUARDED_BY(mutex_) = 0;  // of the row in work_owner; 0 when there is none
  LeaseTime renewed_ ABSL_GUARDED_BY(mutex_);
  std::set<PhotoId> set_aside_ ABSL_GUARDED_BY(mutex_);  // given back by Nack(), not to be claimed again
};

}  // namespace calotype
