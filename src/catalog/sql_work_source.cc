#include "catalog/sql_work_source.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "catalog/codec.h"
#include "catalog/photo_change.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"
#include "catalog/sql_results.h"
#include "catalog/work_policy.h"

namespace calotype {
namespace {

Status RemoveHolder(Database& database, int64_t holder) {
  CALOTYPE_RETURN_IF_ERROR(
      database.Execute("UPDATE analysis SET state = 0 WHERE state = 1 AND photo_id IN"
                       " (SELECT photo_id FROM claim WHERE owner_id = ?1)",
                       holder));
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM claim WHERE owner_id = ?1", holder));
  return database.Execute("DELETE FROM work_owner WHERE id = ?1", holder);
}

}  // namespace

// The source takes the lock by itself.
StatusOr<std::unique_ptr<WorkSource>> SqlCatalog::OpenWork(WorkOwner owner,
                                                           CasualtyReader casualties) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  auto source = std::make_unique<SqlWorkSource>(mutex_, *database_, std::move(owner), std::move(casualties));
  CALOTYPE_RETURN_IF_ERROR(source->Start());
  return source;
}

SqlWorkSource::~SqlWorkSource() { SqlWorkSource::Close().IgnoreError(); }

Status SqlWorkSource::Start() {
  {
    const MutexLock lock(&mutex_);
    CALOTYPE_RETURN_IF_ERROR(Renew());
  }
  return ReleaseOthers();
}

// Extends the lease, by the clock of the database: those of several machines differ. Registers the owner when it has no
// row: at the start, or because others took its row away when the lease had expired. The new row has another id, so the
// lost claims stay lost.
Status SqlWorkSource::Renew() {
  const LeaseTime now = LeaseNow();
  CALOTYPE_RETURN_IF_ERROR(
      database_.Execute("UPDATE work_owner SET expires_at = unixepoch() + ?2, expires_boot_ms = ?3 WHERE id = ?1", id_,
                        kLeaseSeconds, LeaseEnd(now).boot_ms));
  if (database_.changes() == 0) {
    CALOTYPE_ASSIGN_OR_RETURN(
        id_,
        database_.Insert(
            "INSERT INTO work_owner(host, boot, pid_namespace, pid, start_time, random, expires_at, expires_boot_ms)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, unixepoch() + ?7, ?8)",
            owner_.host, owner_.boot, owner_.pid_namespace, owner_.pid, owner_.start_time, owner_.random, kLeaseSeconds,
            LeaseEnd(now).boot_ms));
  }
  renewed_ = now;
  return absl::OkStatus();
}

// Next() is called many times a second while there is nothing to do.
Status SqlWorkSource::RenewWhenDue() {
  CALOTYPE_ASSIGN_OR_RETURN(const auto known, database_.QueryInt("SELECT id FROM work_owner WHERE id = ?1", id_));
  const int64_t since = LeaseNow().boot_ms - renewed_.boot_ms;
  return known.has_value() && since < kExtendSeconds * kMillisecondsPerSecond ? absl::OkStatus() : Renew();
}

StatusOr<std::vector<SqlWorkSource::Holder>> SqlWorkSource::OtherHolders() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database_.Query("SELECT id, host, boot, pid_namespace, pid, start_time, random, expires_at,"
                                            " expires_boot_ms, unixepoch() FROM work_owner WHERE id <> ?1",
                                            id_));
  return ReadRows(std::move(rows), [](const Statement& row) {
    return Holder{.id = row.Int(0),
                  .lease = {.owner = {.host = row.Text(1),
                                      .boot = row.Text(2),
                                      .pid_namespace = row.Int(3),
                                      .pid = row.Int(4),
                                      .start_time = row.Int(5),
                                      .random = row.Text(6)},
                            .end = {.unix_seconds = row.Int(7), .boot_ms = row.Int(8)}},
                  .seen_at = row.Int(9)};
  });
}

Status SqlWorkSource::ReleaseOthers() {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Holder> holders, OtherHolders());
  for (const Holder& holder : holders) {
    const OwnerLife life = LifeOf(holder.lease.owner);
    const LeaseTime now = {.unix_seconds = holder.seen_at, .boot_ms = LeaseNow().boot_ms};
    if (!CanTakeOver(holder.lease, life, owner_.boot, now)) {
      continue;
    }
    // A process that is alive did not die of a photo.
    std::vector<Casualty> casualties;
    if (casualties_ && life != OwnerLife::kAlive) {
      casualties = casualties_(holder.lease.owner);
    }
    CALOTYPE_RETURN_IF_ERROR(ReleaseHolder(holder, casualties));
  }
  return absl::OkStatus();
}

Status SqlWorkSource::ReleaseHolder(const Holder& holder, std::span<const Casualty> casualties) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(database_));
  // It may have extended its lease meanwhile, or a third process may have released it.
  CALOTYPE_ASSIGN_OR_RETURN(
      const auto unchanged,
      database_.QueryInt("SELECT 1 FROM work_owner WHERE id = ?1 AND expires_at = ?2 AND expires_boot_ms = ?3",
                         holder.id, holder.lease.end.unix_seconds, holder.lease.end.boot_ms));
  if (!unchanged.has_value()) {
    return absl::OkStatus();
  }
  for (const Casualty& casualty : casualties) {
    CALOTYPE_RETURN_IF_ERROR(Blame(holder.id, casualty));
  }
  CALOTYPE_RETURN_IF_ERROR(RemoveHolder(database_, holder.id));
  return transaction.Commit();
}

Status SqlWorkSource::Blame(int64_t holder, const Casualty& casualty) {
  std::map<std::string, DeathCount> running;
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows, database_.Query("SELECT analysis, crashes, kills FROM analysis WHERE photo_id = ?1 AND state = 1"
                                      " AND EXISTS (SELECT 1 FROM claim WHERE photo_id = ?1 AND owner_id = ?2)",
                                      casualty.photo, holder));
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach(
      [&running](const Statement& row) { running[row.Text(0)] = {.crashes = row.Int(1), .kills = row.Int(2)}; }));
  for (const auto& [analysis, deaths] : running) {
    const Verdict verdict = JudgeDeath(deaths, casualty.crashed);
    CALOTYPE_RETURN_IF_ERROR(database_.Execute(
        "UPDATE analysis SET crashes = ?3, kills = ?4, state = ?5, reason = ?6, updated_at = ?7,"
        " priority = CASE WHEN ?8 = 1 THEN ?9 ELSE priority END WHERE photo_id = ?1 AND analysis = ?2",
        casualty.photo, analysis, verdict.deaths.crashes, verdict.deaths.kills, static_cast<int>(verdict.state),
        verdict.reason, LeaseNow().unix_seconds, verdict.is_suspect ? 1 : 0, static_cast<int>(WorkPriority::kSuspect)));
  }
  return RecordChange(database_, casualty.photo);
}

// The first `limit` photos with a pending row among `analyses`. Each analysis is asked for its own first ones, which
// the index returns in order, so the cost does not grow with the number of pending rows.
StatusOr<std::set<SqlWorkSource::Turn>> SqlWorkSource::FirstPending(std::span<const std::string> analyses,
                                                                    std::size_t limit) {
  std::map<PhotoId, int64_t> photos;
  for (const std::string& analysis : analyses) {
    CALOTYPE_ASSIGN_OR_RETURN(
        Statement rows,
        database_.Query("SELECT photo_id, priority FROM analysis WHERE state = 0 AND analysis = ?1"
                        " AND EXISTS (SELECT 1 FROM file WHERE file.photo_id = analysis.photo_id AND missing = 0)"
                        " AND NOT EXISTS (SELECT 1 FROM claim WHERE claim.photo_id = analysis.photo_id)"
                        " ORDER BY priority, photo_id LIMIT ?2",
                        analysis, static_cast<int64_t>(limit + set_aside_.size())));
    const auto make = [](const Statement& row) { return std::pair(PhotoId{row.Int(0)}, row.Int(1)); };
    CALOTYPE_ASSIGN_OR_RETURN(const auto found, ReadRows(std::move(rows), make));
    for (const auto& [photo, priority] : found) {
      if (!set_aside_.contains(photo)) {
        const auto known = photos.emplace(photo, priority).first;
        known->second = std::min(known->second, priority);
      }
    }
  }
  std::set<Turn> turns;
  for (const auto& [photo, priority] : photos) {
    turns.emplace(priority, photo);
  }
  while (turns.size() > limit) {
    turns.erase(std::prev(turns.end()));
  }
  return turns;
}

StatusOr<WorkItem> SqlWorkSource::Claim(PhotoId photo, std::span<const std::string> analyses) {
  WorkItem item{.photo = photo, .sha256 = {}, .files = {}, .analyses = {}};
  CALOTYPE_ASSIGN_OR_RETURN(Statement digest, database_.Query("SELECT sha256 FROM photo WHERE id = ?1", photo));
  CALOTYPE_RETURN_IF_ERROR(digest.Step().status());
  item.sha256 = DigestFromBlob(digest.Bytes(0));
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database_.Query("SELECT path, size, mtime_ns, ctime_ns, inode FROM file WHERE photo_id = ?1 AND missing = 0"
                      " ORDER BY path",
                      photo));
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach(
      [&item](const Statement& row) { item.files.push_back({.path = row.Text(0), .stamp = StampFromRow(row, 1)}); }));
  CALOTYPE_RETURN_IF_ERROR(database_.Execute("INSERT INTO claim(photo_id, owner_id) VALUES (?1, ?2)", photo, id_));
  for (const std::string& analysis : analyses) {
    CALOTYPE_RETURN_IF_ERROR(
        database_.Execute("UPDATE analysis SET state = 1, attempts = attempts + 1, updated_at = ?3"
                          " WHERE photo_id = ?1 AND analysis = ?2 AND state = 0",
                          photo, analysis, LeaseNow().unix_seconds));
    if (database_.changes() == 1) {
      item.analyses.push_back(analysis);
    }
  }
  return item;
}

// True when this owner held the photo.
StatusOr<bool> SqlWorkSource::DropClaim(PhotoId photo) {
  CALOTYPE_RETURN_IF_ERROR(database_.Execute("DELETE FROM claim WHERE photo_id = ?1 AND owner_id = ?2", photo, id_));
  return database_.changes() == 1;
}

// Makes the running rows of a photo pending; what was not done does not count as an attempt.
Status SqlWorkSource::MakePending(PhotoId photo) {
  return database_.Execute(
      "UPDATE analysis SET state = 0, attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END WHERE photo_id = "
      "?1 AND state = 1",
      photo);
}

StatusOr<std::vector<WorkItem>> SqlWorkSource::Next(std::span<const std::string> analyses, int limit) {
  CALOTYPE_RETURN_IF_ERROR(ReleaseOthers());
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(database_));
  CALOTYPE_RETURN_IF_ERROR(RenewWhenDue());
  CALOTYPE_ASSIGN_OR_RETURN(const std::set<Turn> turns,
                            FirstPending(analyses, static_cast<std::size_t>(std::max(limit, 0))));
  std::vector<WorkItem> items;
  for (const auto& [priority, photo] : turns) {
    CALOTYPE_ASSIGN_OR_RETURN(WorkItem item, Claim(photo, analyses));
    items.push_back(std::move(item));
  }
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return items;
}

StatusOr<std::vector<PhotoId>> SqlWorkSource::Ack(std::span<const PhotoResult> results) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(database_));
  std::vector<PhotoId> lost;
  std::vector<PhotoId> unfinished;
  for (const PhotoResult& result : results) {
    CALOTYPE_ASSIGN_OR_RETURN(const bool is_held, DropClaim(result.id));
    if (!is_held) {
      lost.push_back(result.id);
      continue;
    }
    CALOTYPE_RETURN_IF_ERROR(StoreResult(database_, result));
    // What was claimed has no outcome in the result.
    CALOTYPE_RETURN_IF_ERROR(
        database_.Execute("UPDATE analysis SET state = 0 WHERE photo_id = ?1 AND state = 1", result.id));
    if (database_.changes() > 0) {
      unfinished.push_back(result.id);
    }
  }
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  set_aside_.insert(unfinished.begin(), unfinished.end());
  return lost;
}

Status SqlWorkSource::Nack(std::span<const PhotoId> photos, std::string_view why) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(database_));
  std::vector<PhotoId> released;
  for (const PhotoId photo : photos) {
    CALOTYPE_ASSIGN_OR_RETURN(const bool is_held, DropClaim(photo));
    if (is_held) {
      CALOTYPE_RETURN_IF_ERROR(
          database_.Execute("UPDATE analysis SET reason = ?2 WHERE photo_id = ?1 AND state = 1", photo, why));
      CALOTYPE_RETURN_IF_ERROR(MakePending(photo));
      released.push_back(photo);
    }
  }
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  set_aside_.insert(released.begin(), released.end());
  return absl::OkStatus();
}

Status SqlWorkSource::Release(std::span<const PhotoId> photos) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(database_));
  for (const PhotoId photo : photos) {
    CALOTYPE_ASSIGN_OR_RETURN(const bool is_held, DropClaim(photo));
    if (is_held) {
      CALOTYPE_RETURN_IF_ERROR(MakePending(photo));
    }
  }
  return transaction.Commit();
}

Status SqlWorkSource::Extend() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(database_));
  CALOTYPE_RETURN_IF_ERROR(Renew());
  return transaction.Commit();
}

StatusOr<int64_t> SqlWorkSource::HeldByOthers() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const auto held,
                            database_.QueryInt("SELECT count(*) FROM claim WHERE owner_id <> ?1", id_));
  return held.value_or(0);
}

Status SqlWorkSource::Close() {
  const MutexLock lock(&mutex_);
  if (id_ == 0) {
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(database_));
  // What was claimed but not begun does not count as an attempt.
  CALOTYPE_RETURN_IF_ERROR(
      database_.Execute("UPDATE analysis SET attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END WHERE "
                        "state = 1 AND photo_id IN"
                        " (SELECT photo_id FROM claim WHERE owner_id = ?1)",
                        id_));
  CALOTYPE_RETURN_IF_ERROR(RemoveHolder(database_, id_));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  id_ = 0;
  return absl::OkStatus();
}

}  // namespace calotype
