#include "catalog/sql_work_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>

#include "catalog/codec.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"
#include "catalog/sql_results.h"

namespace calotype {
namespace {

// How often Next() looks for owners that died; less often when there are many, each of which looks at all others.
constexpr int64_t kLookMs = 1000;
constexpr int64_t kLookMsForEach = 20;

std::vector<PhotoId> IdsOf(std::span<const PhotoResult> results) {
  std::vector<PhotoId> ids;
  ids.reserve(results.size());
  for (const PhotoResult& result : results) {
    ids.push_back(result.id);
  }
  return ids;
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
    ForgetAll();
  }
  renewed_ = now;
  return absl::OkStatus();
}

// Next() is called many times a second while there is nothing to do. The row stays as it is until the transaction ends:
// else another could remove this owner while it leases a chunk.
Status SqlWorkSource::RenewWhenDue() {
  CALOTYPE_ASSIGN_OR_RETURN(
      const auto known,
      database_.QueryInt(fmt::format("SELECT id FROM work_owner WHERE id = ?1{}", database_.dialect().lock_rows), id_));
  const int64_t since = LeaseNow().boot_ms - renewed_.boot_ms;
  return known.has_value() && since < kExtendSeconds * kMillisecondsPerSecond ? absl::OkStatus() : Renew();
}

// Those that may be dead: of this machine, and those whose lease has ended, or was written by a clock that was set
// back.
StatusOr<std::vector<SqlWorkSource::Holder>> SqlWorkSource::OtherHolders() {
  const MutexLock lock(&mutex_);
  looked_for_others_ms_ = LeaseNow().boot_ms;
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database_.Query("SELECT id, host, boot, pid_namespace, pid, start_time, random, expires_at,"
                                            " expires_boot_ms, unixepoch() FROM work_owner WHERE id <> ?1"
                                            " AND (host = ?2 OR boot = ?3 OR expires_at <= unixepoch()"
                                            " OR expires_at > unixepoch() + ?4)",
                                            id_, owner_.host, owner_.boot, kLeaseSeconds));
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<Holder> holders, ReadRows(std::move(rows), [](const Statement& row) {
                              return Holder{.id = row.Int(0),
                                            .lease = {.owner = {.host = row.Text(1),
                                                                .boot = row.Text(2),
                                                                .pid_namespace = row.Int(3),
                                                                .pid = row.Int(4),
                                                                .start_time = row.Int(5),
                                                                .random = row.Text(6)},
                                                      .end = {.unix_seconds = row.Int(7), .boot_ms = row.Int(8)}},
                                            .seen_at = row.Int(9)};
                            }));
  others_ = std::ssize(holders);
  return holders;
}

Status SqlWorkSource::ReleaseOthers() {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Holder> holders, OtherHolders());
  for (const Holder& holder : holders) {
    const WorkOwner& owner = holder.lease.owner;
    const OwnerLife life = LifeOf(owner);
    const LeaseTime now = {.unix_seconds = holder.seen_at, .boot_ms = LeaseNow().boot_ms};
    if (!CanTakeOver(holder.lease, life, owner_.boot, now)) {
      continue;
    }
    // A process that is alive did not die of a photo, nor one that ended with its machine.
    std::optional<std::vector<Casualty>> casualties = std::vector<Casualty>();
    if (casualties_ && life != OwnerLife::kAlive) {
      casualties = casualties_(owner);
    }
    if (!casualties.has_value() && life == OwnerLife::kDead && owner.boot != owner_.boot) {
      casualties.emplace();
    }
    CALOTYPE_RETURN_IF_ERROR(ReleaseHolder(holder, casualties));
  }
  return absl::OkStatus();
}

Status SqlWorkSource::ReleaseHolder(const Holder& holder, const std::optional<std::vector<Casualty>>& casualties) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction,
                            DatabaseTransaction::Begin(database_, database_.dialect().begin_results));
  // It may have extended its lease meanwhile, or a third process may have released it.
  CALOTYPE_ASSIGN_OR_RETURN(
      const auto unchanged,
      database_.QueryInt(fmt::format("SELECT id FROM work_owner WHERE id = ?1 AND expires_at = ?2 AND"
                                     " expires_boot_ms = ?3{}",
                                     database_.dialect().lock_rows),
                         holder.id, holder.lease.end.unix_seconds, holder.lease.end.boot_ms));
  if (!unchanged.has_value()) {
    return absl::OkStatus();
  }
  if (casualties.has_value()) {
    for (const Casualty& casualty : *casualties) {
      CALOTYPE_RETURN_IF_ERROR(BlamePhoto(database_, holder.id, casualty.photo, casualty.crashed));
    }
    CALOTYPE_RETURN_IF_ERROR(FreeChunksOf(database_, holder.id));
  } else {
    CALOTYPE_RETURN_IF_ERROR(SplitChunksOf(database_, holder.id));
  }
  CALOTYPE_RETURN_IF_ERROR(database_.Execute("DELETE FROM work_owner WHERE id = ?1", holder.id));
  return transaction.Commit();
}

StatusOr<std::vector<WorkItem>> SqlWorkSource::Next(std::span<const std::string> analyses, int limit) {
  bool looked = false;
  {
    const MutexLock lock(&mutex_);
    looked = LeaseNow().boot_ms - looked_for_others_ms_ >= std::max(kLookMs, kLookMsForEach * others_);
  }
  if (looked) {
    CALOTYPE_RETURN_IF_ERROR(ReleaseOthers());
  }
  const auto count = static_cast<std::size_t>(std::max(limit, 0));
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<WorkItem> items, Take(analyses, count));
  if (!items.empty() || looked || count == 0) {
    return items;
  }
  CALOTYPE_RETURN_IF_ERROR(ReleaseOthers());
  return Take(analyses, count);
}

StatusOr<std::vector<WorkItem>> SqlWorkSource::Take(std::span<const std::string> analyses, std::size_t limit) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction,
                            DatabaseTransaction::Begin(database_, database_.dialect().begin_claim));
  CALOTYPE_RETURN_IF_ERROR(RenewWhenDue());
  Taken taken = {.chunks = chunks_, .waiting = waiting_, .held = {}, .items = {}};
  if (limit > 0) {
    CALOTYPE_RETURN_IF_ERROR(TakeRequested(analyses, taken));
  }
  while (taken.items.size() < limit) {
    if (taken.waiting.empty()) {
      CALOTYPE_ASSIGN_OR_RETURN(const bool more, TakeChunk(analyses, limit - taken.items.size(), taken));
      if (!more) {
        break;
      }
      continue;
    }
    CALOTYPE_RETURN_IF_ERROR(HandOut(analyses, limit - taken.items.size(), taken));
  }
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  chunks_ = std::move(taken.chunks);
  waiting_ = std::move(taken.waiting);
  held_.insert(std::make_move_iterator(taken.held.begin()), std::make_move_iterator(taken.held.end()));
  return std::move(taken.items);
}

// Puts photos that somebody waits for before all others.
Status SqlWorkSource::TakeRequested(std::span<const std::string> analyses, Taken& taken) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<PhotoId> photos, RequestedPhotos(database_, analyses));
  std::erase_if(photos, [this](PhotoId photo) ABSL_NO_THREAD_SAFETY_ANALYSIS { return IsNotForMe(photo); });
  if (photos.empty() || HasSuspects(taken.chunks)) {
    return absl::OkStatus();
  }
  std::stable_partition(taken.waiting.begin(), taken.waiting.end(), [&photos](const WaitingPhoto& waiting) {
    return std::ranges::binary_search(photos, waiting.photo);
  });
  std::erase_if(photos, [&taken](PhotoId photo) {
    return std::ranges::find(taken.waiting, photo, &WaitingPhoto::photo) != taken.waiting.end();
  });
  if (photos.empty()) {
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<LeasedChunk> chunk, LeaseRequested(database_, id_, analyses, photos));
  return chunk.has_value() ? AddChunk(*chunk, /*first=*/true, taken) : absl::OkStatus();
}

// Leases a chunk; books more if there is none. False when there is none then, either. Suspect ones come last, and
// alone: if the process dies again, a photo of that chunk is to blame.
StatusOr<bool> SqlWorkSource::TakeChunk(std::span<const std::string> analyses, std::size_t least, Taken& taken) {
  if (HasSuspects(taken.chunks)) {
    return false;
  }
  CALOTYPE_ASSIGN_OR_RETURN(auto chunk, LeaseChunk(database_, id_, analyses, /*suspects_too=*/false, places_));
  CALOTYPE_ASSIGN_OR_RETURN(const bool may_book, chunk.has_value() ? false : MayBook(analyses));
  if (may_book) {
    CALOTYPE_RETURN_IF_ERROR(LockBooking(database_));
    // Another may have booked while this one waited.
    CALOTYPE_ASSIGN_OR_RETURN(chunk, LeaseChunk(database_, id_, analyses, /*suspects_too=*/false, places_));
    if (!chunk.has_value()) {
      CALOTYPE_RETURN_IF_ERROR(
          BookMore(analyses, static_cast<int64_t>(least), database_.dialect().chunks_at_once).status());
    }
  }
  if (!chunk.has_value()) {
    const bool has_nothing = held_.empty() && taken.held.empty();
    CALOTYPE_ASSIGN_OR_RETURN(chunk, LeaseChunk(database_, id_, analyses, has_nothing, places_));
  }
  if (!chunk.has_value()) {
    return false;
  }
  CALOTYPE_RETURN_IF_ERROR(AddChunk(*chunk, /*first=*/false, taken));
  return true;
}

Status SqlWorkSource::AddChunk(const LeasedChunk& chunk, bool first, Taken& taken) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> photos, PhotosOfChunk(database_, chunk.id));
  if (photos.empty()) {
    return DropChunk(database_, chunk.id);
  }
  taken.chunks[chunk.id] = {.lease = chunk, .photos = std::ssize(photos)};
  std::vector<WaitingPhoto> waiting;
  for (const PhotoId photo : photos) {
    waiting.push_back({.photo = photo, .chunk = chunk.id});
  }
  taken.waiting.insert(first ? taken.waiting.begin() : taken.waiting.end(), waiting.begin(), waiting.end());
  return absl::OkStatus();
}

// When all is booked, as at the end of a library, each source comes again and again and finds nothing. From its second
// time on it looks before it takes the lock, so that these sources do not wait for each other.
StatusOr<bool> SqlWorkSource::MayBook(std::span<const std::string> analyses) {
  if (!places_.found_none) {
    return true;
  }
  const auto skip = [this](PhotoId photo) ABSL_NO_THREAD_SAFETY_ANALYSIS { return IsNotForMe(photo); };
  return HasUnbooked(database_, analyses, skip, set_aside_.size() + held_.size());
}

StatusOr<int64_t> SqlWorkSource::BookMore(std::span<const std::string> analyses, int64_t least, int64_t chunks) {
  const auto skip = [this](PhotoId photo) ABSL_NO_THREAD_SAFETY_ANALYSIS { return IsNotForMe(photo); };
  return BookChunks(database_, analyses, least, chunks, skip, set_aside_.size() + held_.size(), places_);
}

StatusOr<int64_t> SqlWorkSource::Book(std::span<const std::string> analyses, int64_t photos) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction,
                            DatabaseTransaction::Begin(database_, database_.dialect().begin_claim));
  CALOTYPE_RETURN_IF_ERROR(LockBooking(database_));
  int64_t booked = 0;
  for (int64_t some = 1; some > 0 && photos - booked >= kChunkPhotos; booked += some) {
    CALOTYPE_ASSIGN_OR_RETURN(some, BookMore(analyses, /*least=*/1, (photos - booked) / kChunkPhotos));
  }
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return booked;
}

// Turns the first of the waiting photos into items. Photos that are no work for this source any more are in no chunk
// then.
Status SqlWorkSource::HandOut(std::span<const std::string> analyses, std::size_t limit, Taken& taken) {
  const auto end = taken.waiting.begin() + static_cast<std::ptrdiff_t>(std::min(limit, taken.waiting.size()));
  const std::vector<WaitingPhoto> photos(taken.waiting.begin(), end);
  taken.waiting.erase(taken.waiting.begin(), end);
  CALOTYPE_ASSIGN_OR_RETURN(auto items, ReadItems(photos, analyses));
  std::vector<PhotoId> left_out;
  std::set<int64_t> chunks;
  for (const WaitingPhoto& waiting : photos) {
    const auto item = items.find(waiting.photo);
    if (item == items.end() || item->second.files.empty() || item->second.analyses.empty() ||
        IsNotForMe(waiting.photo)) {
      left_out.push_back(waiting.photo);
      chunks.insert(waiting.chunk);
      --taken.chunks[waiting.chunk].photos;
      continue;
    }
    taken.held.emplace_back(waiting.photo, HeldPhoto{.chunk = waiting.chunk, .analyses = item->second.analyses});
    taken.items.push_back(std::move(item->second));
  }
  if (!left_out.empty()) {
    const std::vector<int64_t> from(chunks.begin(), chunks.end());
    CALOTYPE_RETURN_IF_ERROR(TakeOutOfChunks(database_, left_out, from).status());
  }
  for (const int64_t chunk : chunks) {
    if (taken.chunks[chunk].photos == 0) {
      CALOTYPE_RETURN_IF_ERROR(DropChunk(database_, chunk));
      taken.chunks.erase(chunk);
    }
  }
  return absl::OkStatus();
}

// Those that are still in the chunk, with their present files and pending analyses.
StatusOr<std::map<PhotoId, WorkItem>> SqlWorkSource::ReadItems(std::span<const WaitingPhoto> photos,
                                                               std::span<const std::string> analyses) {
  std::vector<PhotoId> ids;
  std::map<PhotoId, int64_t> chunks;
  for (const WaitingPhoto& waiting : photos) {
    ids.push_back(waiting.photo);
    chunks[waiting.photo] = waiting.chunk;
  }
  std::map<PhotoId, WorkItem> items;
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement files, database_.Query(fmt::format("SELECT claim.photo_id, chunk_id, sha256, path, size, mtime_ns,"
                                                   " ctime_ns, inode FROM claim JOIN photo ON photo.id = claim.photo_id"
                                                   " JOIN file ON file.photo_id = claim.photo_id AND missing = 0"
                                                   " WHERE {} ORDER BY claim.photo_id, path",
                                                   IsOneOf(database_, "claim.photo_id")),
                                       Ints(ids)));
  CALOTYPE_RETURN_IF_ERROR(files.ForEach([&](const Statement& row) {
    if (chunks[row.Int(0)] == row.Int(1)) {
      WorkItem& item = items[row.Int(0)];
      item.photo = row.Int(0);
      item.sha256 = DigestFromBlob(row.Bytes(2));
      item.files.push_back({.path = row.Text(3), .stamp = StampFromRow(row, 4)});
    }
  }));
  // The state is not part of the condition: SQLite would step through all pending rows.
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database_.Query(fmt::format("SELECT photo_id, analysis, state FROM analysis WHERE {}",
                                                        IsOneOf(database_, "photo_id")),
                                            Ints(ids)));
  std::map<PhotoId, std::set<std::string>> names;
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&names](const Statement& row) {
    if (static_cast<AnalysisState>(row.Int(2)) == AnalysisState::kPending) {
      names[row.Int(0)].insert(row.Text(1));
    }
  }));
  for (auto& [photo, item] : items) {
    std::ranges::copy_if(analyses, std::back_inserter(item.analyses),
                         [&of_photo = names[photo]](const std::string& name) { return of_photo.contains(name); });
  }
  return items;
}

// Ends the claims of those of `photos` that this owner has by the catalogue, which it returns. Call Forget() with all
// of them after the transaction.
StatusOr<std::set<PhotoId>> SqlWorkSource::EndClaims(std::span<const PhotoId> photos) {
  std::map<int64_t, LeasedChunk> leases;
  std::map<int64_t, int64_t> finished;
  std::vector<PhotoId> held;
  for (const PhotoId photo : std::set(photos.begin(), photos.end())) {
    if (const auto known = held_.find(photo); known != held_.end()) {
      held.push_back(photo);
      leases[known->second.chunk] = chunks_[known->second.chunk].lease;
      ++finished[known->second.chunk];
    }
  }
  if (held.empty()) {
    return std::set<PhotoId>();
  }
  std::vector<LeasedChunk> chunks;
  for (const auto& [id, lease] : leases) {
    chunks.push_back(lease);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<int64_t> leased, StillLeased(database_, id_, chunks));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> ended, TakeOutOfChunks(database_, held, leased));
  for (const int64_t chunk : leased) {
    if (chunks_[chunk].photos <= finished[chunk]) {
      CALOTYPE_RETURN_IF_ERROR(DropChunk(database_, chunk));
    }
  }
  return std::set(ended.begin(), ended.end());
}

// The photos are finished, whether their results counted or not.
void SqlWorkSource::Forget(std::span<const PhotoId> photos) {
  for (const PhotoId photo : photos) {
    if (const auto held = held_.find(photo); held != held_.end()) {
      const auto chunk = chunks_.find(held->second.chunk);
      if (chunk != chunks_.end() && --chunk->second.photos <= 0) {
        chunks_.erase(chunk);
      }
      held_.erase(held);
    }
  }
}

void SqlWorkSource::ForgetAll() {
  chunks_.clear();
  waiting_.clear();
  held_.clear();
}

StatusOr<std::vector<PhotoId>> SqlWorkSource::Ack(std::span<const PhotoResult> results) {
  const MutexLock lock(&mutex_);
  const std::vector<PhotoId> ids = IdsOf(results);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction,
                            DatabaseTransaction::Begin(database_, database_.dialect().begin_results));
  CALOTYPE_ASSIGN_OR_RETURN(std::set<PhotoId> held, EndClaims(ids));
  std::vector<PhotoId> lost;
  std::vector<ClaimedResult> stored;
  for (const PhotoResult& result : results) {
    if (held.erase(result.id) == 1) {
      stored.push_back({.result = &result, .claimed = held_[result.id].analyses});
    } else {
      lost.push_back(result.id);
    }
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> unfinished, StoreResults(database_, stored));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  Forget(ids);
  set_aside_.insert(unfinished.begin(), unfinished.end());
  return lost;
}

Status SqlWorkSource::Nack(std::span<const PhotoId> photos, std::string_view why) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction,
                            DatabaseTransaction::Begin(database_, database_.dialect().begin_results));
  CALOTYPE_ASSIGN_OR_RETURN(const std::set<PhotoId> given_back, EndClaims(photos));
  for (const PhotoId photo : given_back) {
    for (const std::string& analysis : held_[photo].analyses) {
      CALOTYPE_RETURN_IF_ERROR(database_.Execute(
          "UPDATE analysis SET reason = ?3 WHERE photo_id = ?1 AND analysis = ?2 AND state = 0", photo, analysis, why));
    }
  }
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  Forget(photos);
  set_aside_.insert(given_back.begin(), given_back.end());
  return absl::OkStatus();
}

Status SqlWorkSource::Release(std::span<const PhotoId> photos) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction,
                            DatabaseTransaction::Begin(database_, database_.dialect().begin_results));
  CALOTYPE_RETURN_IF_ERROR(EndClaims(photos).status());
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  Forget(photos);
  return absl::OkStatus();
}

Status SqlWorkSource::Extend() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction,
                            DatabaseTransaction::Begin(database_, database_.dialect().begin_claim));
  CALOTYPE_RETURN_IF_ERROR(Renew());
  return transaction.Commit();
}

StatusOr<int64_t> SqlWorkSource::HeldByOthers() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const auto held,
                            database_.QueryInt("SELECT count(*) FROM claim JOIN chunk ON chunk.id = chunk_id"
                                               " WHERE owner_id IS DISTINCT FROM ?1",
                                               id_));
  // After a suspect chunk, there may be more that nobody booked.
  return held.value_or(0) + (HasSuspects(chunks_) ? 1 : 0);
}

Status SqlWorkSource::Close() {
  const MutexLock lock(&mutex_);
  if (id_ == 0) {
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction,
                            DatabaseTransaction::Begin(database_, database_.dialect().begin_results));
  CALOTYPE_RETURN_IF_ERROR(FreeChunksOf(database_, id_));
  CALOTYPE_RETURN_IF_ERROR(database_.Execute("DELETE FROM work_owner WHERE id = ?1", id_));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  ForgetAll();
  id_ = 0;
  return absl::OkStatus();
}

}  // namespace calotype
