#include "catalog/chunks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "catalog/lease.h"
#include "catalog/photo_change.h"
#include "catalog/row_values.h"
#include "catalog/work_policy.h"

namespace calotype {
namespace {

constexpr int64_t kMostShares = 16;
// A chunk whose owner died becomes so many. 256 photos are single ones after four deaths, and the fifth one is the last
// that a photo survives (JudgeDeath).
constexpr int64_t kParts = 4;
// After this time, the search for unbooked photos begins at the first row again: what was asked for in the meantime may
// come before those that were booked last.
constexpr int64_t kSearchAgainMs = 2000;

// Before all rows.
constexpr Unbooked kStart = {.priority = -1, .photo = 0};

constexpr std::array kClaimedPriorities = {WorkPriority::kNew, WorkPriority::kReplace, WorkPriority::kSuspect};

constexpr int64_t kLast = static_cast<int64_t>(WorkPriority::kSuspect);

constexpr std::string_view kIsPresent =
    "EXISTS (SELECT 1 FROM file WHERE file.photo_id = analysis.photo_id AND missing = 0)";

// The first `limit` unbooked photos with a pending row among `analyses`, after `place`. Each analysis is asked for its
// own first ones, which the index returns in order, so the cost does not grow with the number of pending rows.
StatusOr<std::vector<Unbooked>> FirstUnbooked(Database& database, std::span<const std::string> analyses,
                                              std::size_t limit, const std::function<bool(PhotoId)>& skip,
                                              std::size_t skipped, const Unbooked& place) {
  std::map<PhotoId, int64_t> photos;
  for (const std::string& analysis : analyses) {
    CALOTYPE_ASSIGN_OR_RETURN(
        Statement rows,
        database.Query(fmt::format("SELECT photo_id, priority FROM analysis WHERE state = 0 AND analysis = ?1"
                                   " AND (priority, photo_id) > (?2, ?3) AND {}"
                                   " AND NOT EXISTS (SELECT 1 FROM claim WHERE claim.photo_id = analysis.photo_id)"
                                   " ORDER BY priority, photo_id LIMIT ?4",
                                   kIsPresent),
                       analysis, place.priority, place.photo, static_cast<int64_t>(limit + skipped)));
    CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&](const Statement& row) {
      if (const PhotoId photo = row.Int(0); !skip(photo)) {
        const auto known = photos.emplace(photo, row.Int(1)).first;
        known->second = std::min(known->second, row.Int(1));
      }
    }));
  }
  std::vector<Unbooked> first;
  first.reserve(photos.size());
  for (const auto& [photo, priority] : photos) {
    first.push_back({.priority = priority, .photo = photo});
  }
  std::ranges::sort(first);
  first.resize(std::min(first.size(), limit));
  return first;
}

Status InsertClaims(Database& database, std::span<const PhotoId> photos, int64_t chunk) {
  if (database.dialect().has_arrays) {
    return database.Execute("INSERT INTO claim(photo_id, chunk_id) SELECT unnest(?1), CAST(?2 AS bigint)", Ints(photos),
                            chunk);
  }
  for (const PhotoId photo : photos) {
    CALOTYPE_RETURN_IF_ERROR(database.Execute("INSERT INTO claim(photo_id, chunk_id) VALUES (?1, ?2)", photo, chunk));
  }
  return absl::OkStatus();
}

// A free chunk with these photos. It has a new id even if it was a chunk before: others search for free ones after the
// one that they leased last.
struct FreeChunk {
  int64_t priority = 0;
  int64_t attempts = 0;
  int64_t token = 0;
};
Status InsertChunk(Database& database, const FreeChunk& chunk, std::span<const PhotoId> photos) {
  CALOTYPE_ASSIGN_OR_RETURN(const int64_t id,
                            database.Insert("INSERT INTO chunk(priority, attempts, token) VALUES (?1, ?2, ?3)",
                                            chunk.priority, chunk.attempts, chunk.token));
  return InsertClaims(database, photos, id);
}

StatusOr<std::optional<LeasedChunk>> FirstFree(Database& database, std::string_view where, int64_t first,
                                               int64_t second) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement row,
                            database.Query(fmt::format("SELECT id, token, attempts FROM chunk WHERE owner_id IS NULL"
                                                       " AND {} LIMIT 1{}",
                                                       where, database.dialect().skip_taken),
                                           first, second));
  CALOTYPE_ASSIGN_OR_RETURN(const bool found, row.Step());
  return found ? std::optional(LeasedChunk{.id = row.Int(0), .token = row.Int(1), .is_suspect = row.Int(2) > 0})
               : std::nullopt;
}

struct OwnedChunk {
  int64_t id = 0;
  int64_t attempts = 0;
  int64_t token = 0;
};

StatusOr<std::vector<OwnedChunk>> ChunksOf(Database& database, int64_t owner) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows, database.Query("SELECT id, attempts, token FROM chunk WHERE owner_id = ?1 ORDER BY id", owner));
  return ReadRows(std::move(rows), [](const Statement& row) {
    return OwnedChunk{.id = row.Int(0), .attempts = row.Int(1), .token = row.Int(2)};
  });
}

Status SplitChunk(Database& database, int64_t owner, const OwnedChunk& chunk) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<PhotoId> photos, PhotosOfChunk(database, chunk.id));
  if (photos.size() == 1) {
    CALOTYPE_RETURN_IF_ERROR(BlamePhoto(database, owner, photos.front(), /*crashed=*/false, chunk.attempts));
    CALOTYPE_ASSIGN_OR_RETURN(photos, PhotosOfChunk(database, chunk.id));  // none if it failed
  }
  CALOTYPE_RETURN_IF_ERROR(DropChunk(database, chunk.id));
  const std::size_t size = std::max<std::size_t>((photos.size() + kParts - 1) / kParts, 1);
  for (std::size_t at = 0; at < photos.size(); at += size) {
    const auto part = std::span(photos).subspan(at, std::min(size, photos.size() - at));
    CALOTYPE_RETURN_IF_ERROR(
        InsertChunk(database, {.priority = kLast, .attempts = chunk.attempts + 1, .token = chunk.token}, part));
  }
  return absl::OkStatus();
}

}  // namespace

std::string JoinAnalyses(std::span<const std::string> analyses) {
  std::string joined = ",";
  for (const std::string& analysis : analyses) {
    joined += analysis + ",";
  }
  return joined;
}

Status LockBooking(Database& database) {
  const char* const lock = database.dialect().lock_booking;
  return *lock == '\0' ? absl::OkStatus() : database.Execute(lock);
}

StatusOr<int64_t> BookChunks(Database& database, std::span<const std::string> analyses, int64_t least, int64_t chunks,
                             const std::function<bool(PhotoId)>& skip, std::size_t skipped, QueuePlaces& places) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto counted, database.QueryInt("SELECT count(*) FROM work_owner"));
  const int64_t owners = std::max<int64_t>(counted.value_or(0), 1);
  const int64_t shares = 2 * owners;
  // A single owner need not know early that the end comes.
  const int64_t wanted = kChunkPhotos * std::max(chunks, owners == 1 ? 1 : std::min(shares, kMostShares));
  const auto search = [&](const Unbooked& place) {
    return FirstUnbooked(database, analyses, static_cast<std::size_t>(wanted), skip, skipped, place);
  };
  std::vector<Unbooked> first;
  if (const int64_t now = LeaseNow().boot_ms; !places.booked.has_value() || now - places.booked_ms > kSearchAgainMs) {
    places.booked.reset();
    places.booked_ms = now;
  }
  CALOTYPE_ASSIGN_OR_RETURN(first, search(places.booked.value_or(kStart)));
  if (places.booked.has_value() && std::ssize(first) < wanted) {
    CALOTYPE_ASSIGN_OR_RETURN(first, search(kStart));
  }
  // At the end each owner gets two shares of what is left, again and again.
  const int64_t found = std::ssize(first);
  const int64_t rest = kChunkPhotos * std::min(shares, kMostShares);
  int64_t size = kChunkPhotos;
  int64_t most = chunks;
  if (found < wanted && found > rest) {
    most = std::min(chunks, (found - rest) / kChunkPhotos + 1);
  } else if (found < wanted) {
    size = std::clamp(found / shares, std::min(least, kChunkPhotos), kChunkPhotos);
    most = std::min(chunks, owners);
  }
  std::size_t booked = 0;
  for (int64_t made = 0; made < most && booked < first.size(); ++made) {
    std::vector<PhotoId> photos;
    const int64_t priority = first[booked].priority;
    for (; booked < first.size() && std::ssize(photos) < size && first[booked].priority == priority; ++booked) {
      photos.push_back(first[booked].photo);
    }
    CALOTYPE_RETURN_IF_ERROR(InsertChunk(database, {.priority = priority}, photos));
  }
  places.found_none = found == 0;
  places.booked = found < wanted ? std::nullopt : std::optional(first[booked - 1]);
  return static_cast<int64_t>(booked);
}

StatusOr<bool> HasUnbooked(Database& database, std::span<const std::string> analyses,
                           const std::function<bool(PhotoId)>& skip, std::size_t skipped) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Unbooked> first,
                            FirstUnbooked(database, analyses, 1, skip, skipped, kStart));
  return !first.empty();
}

StatusOr<std::optional<LeasedChunk>> LeaseChunk(Database& database, int64_t owner,
                                                std::span<const std::string> analyses, bool suspects_too,
                                                QueuePlaces& places) {
  const std::string_view kind = suspects_too ? "" : " AND attempts = 0";
  std::optional<LeasedChunk> chunk;
  for (const WorkPriority priority : kClaimedPriorities) {
    int64_t& place = places.leased.at(static_cast<std::size_t>(priority));
    CALOTYPE_ASSIGN_OR_RETURN(
        chunk, FirstFree(database, fmt::format("priority = ?1 AND id > ?2{} ORDER BY priority, id", kind),
                         static_cast<int64_t>(priority), place));
    if (chunk.has_value()) {
      place = chunk->id;
      break;
    }
  }
  if (!chunk.has_value()) {
    CALOTYPE_ASSIGN_OR_RETURN(
        chunk, FirstFree(database, fmt::format("(priority, id) > (?1, ?2){} ORDER BY priority, id", kind), -1, 0));
  }
  if (!chunk.has_value()) {
    return chunk;
  }
  ++chunk->token;
  CALOTYPE_RETURN_IF_ERROR(database.Execute("UPDATE chunk SET owner_id = ?2, token = ?3, analyses = ?4 WHERE id = ?1",
                                            chunk->id, owner, chunk->token, JoinAnalyses(analyses)));
  return chunk;
}

// A SELECT for each analysis: for several at once, SQLite would take the index analysis_by_state, and step through all
// pending rows.
StatusOr<std::vector<PhotoId>> RequestedPhotos(Database& database, std::span<const std::string> analyses) {
  if (analyses.empty()) {
    return std::vector<PhotoId>();
  }
  // Mostly there are none, so whether they are present is asked only of those that there are.
  std::string requested;
  for (std::size_t i = 1; i <= analyses.size(); ++i) {
    requested += fmt::format("{}SELECT photo_id FROM analysis WHERE state = 0 AND priority = 0 AND analysis = ?{}",
                             i == 1 ? "" : " UNION ", i);
  }
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query(requested));
  rows.BindTexts(1, analyses);
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<PhotoId> photos, PhotoIds(std::move(rows)));
  if (photos.empty()) {
    return photos;
  }
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement present,
      database.Query(fmt::format("SELECT DISTINCT photo_id FROM file WHERE {} AND missing = 0 ORDER BY photo_id",
                                 IsOneOf(database, "photo_id")),
                     Ints(photos)));
  return PhotoIds(std::move(present));
}

StatusOr<std::optional<LeasedChunk>> LeaseRequested(Database& database, int64_t owner,
                                                    std::span<const std::string> analyses,
                                                    std::span<const PhotoId> photos) {
  CALOTYPE_RETURN_IF_ERROR(LockBooking(database));
  std::set<PhotoId> unbooked(photos.begin(), photos.end());
  std::vector<std::pair<PhotoId, int64_t>> in_free_chunks;
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query(fmt::format("SELECT claim.photo_id, chunk_id, owner_id IS NULL AND attempts = 0 FROM claim"
                                 " JOIN chunk ON chunk.id = chunk_id WHERE {}",
                                 IsOneOf(database, "claim.photo_id")),
                     Ints(photos)));
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&](const Statement& row) {
    unbooked.erase(row.Int(0));
    if (row.Int(2) != 0) {
      in_free_chunks.emplace_back(row.Int(0), row.Int(1));
    }
  }));
  // Others may lease the chunk at this moment; then they have the photo.
  std::vector<std::pair<PhotoId, int64_t>> movable;
  for (const auto& [photo, chunk] : in_free_chunks) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::optional<LeasedChunk> free,
                              FirstFree(database, "id = ?1 AND attempts = ?2", chunk, 0));
    if (free.has_value()) {
      movable.emplace_back(photo, chunk);
    }
  }
  if (unbooked.empty() && movable.empty()) {
    return std::nullopt;
  }
  CALOTYPE_ASSIGN_OR_RETURN(
      const int64_t id, database.Insert("INSERT INTO chunk(priority, owner_id, token, analyses) VALUES (0, ?1, 1, ?2)",
                                        owner, JoinAnalyses(analyses)));
  CALOTYPE_RETURN_IF_ERROR(InsertClaims(database, std::vector(unbooked.begin(), unbooked.end()), id));
  for (const auto& [photo, chunk] : movable) {
    CALOTYPE_RETURN_IF_ERROR(
        database.Execute("UPDATE claim SET chunk_id = ?3 WHERE photo_id = ?1 AND chunk_id = ?2", photo, chunk, id));
  }
  return LeasedChunk{.id = id, .token = 1};
}

StatusOr<std::vector<PhotoId>> PhotosOfChunk(Database& database, int64_t chunk) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database.Query("SELECT photo_id FROM claim WHERE chunk_id = ?1 ORDER BY photo_id", chunk));
  return PhotoIds(std::move(rows));
}

StatusOr<std::vector<int64_t>> StillLeased(Database& database, int64_t owner, std::span<const LeasedChunk> chunks) {
  std::vector<int64_t> ids;
  std::map<int64_t, int64_t> tokens;
  for (const LeasedChunk& chunk : chunks) {
    ids.push_back(chunk.id);
    tokens[chunk.id] = chunk.token;
  }
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows, database.Query(fmt::format("SELECT id, token FROM chunk WHERE {} AND owner_id = ?2 ORDER BY id{}",
                                                 IsOneOf(database, "id"), database.dialect().lock_rows),
                                     Ints(ids), owner));
  std::vector<int64_t> leased;
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&](const Statement& row) {
    if (tokens[row.Int(0)] == row.Int(1)) {
      leased.push_back(row.Int(0));
    }
  }));
  return leased;
}

StatusOr<std::vector<PhotoId>> TakeOutOfChunks(Database& database, std::span<const PhotoId> photos,
                                               std::span<const int64_t> chunks) {
  if (database.dialect().has_arrays) {
    CALOTYPE_ASSIGN_OR_RETURN(
        Statement rows,
        database.Query("DELETE FROM claim WHERE photo_id = ANY(?1) AND chunk_id = ANY(?2) RETURNING photo_id",
                       Ints(photos), Ints(chunks)));
    return PhotoIds(std::move(rows));
  }
  std::vector<PhotoId> taken;
  for (const PhotoId photo : photos) {
    for (const int64_t chunk : chunks) {
      CALOTYPE_RETURN_IF_ERROR(
          database.Execute("DELETE FROM claim WHERE photo_id = ?1 AND chunk_id = ?2", photo, chunk));
      if (database.changes() == 1) {
        taken.push_back(photo);
        break;
      }
    }
  }
  return taken;
}

Status DropChunk(Database& database, int64_t chunk) {
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM claim WHERE chunk_id = ?1", chunk));
  return database.Execute("DELETE FROM chunk WHERE id = ?1", chunk);
}

Status FreeChunksOf(Database& database, int64_t owner) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<OwnedChunk> chunks, ChunksOf(database, owner));
  std::vector<int64_t> dropped;
  for (const OwnedChunk& chunk : chunks) {
    if (chunk.attempts == 0) {
      dropped.push_back(chunk.id);
      continue;
    }
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> photos, PhotosOfChunk(database, chunk.id));
    CALOTYPE_RETURN_IF_ERROR(DropChunk(database, chunk.id));
    if (!photos.empty()) {
      CALOTYPE_RETURN_IF_ERROR(
          InsertChunk(database, {.priority = kLast, .attempts = chunk.attempts, .token = chunk.token}, photos));
    }
  }
  if (dropped.empty()) {
    return absl::OkStatus();
  }
  CALOTYPE_RETURN_IF_ERROR(
      database.Execute(fmt::format("DELETE FROM claim WHERE {}", IsOneOf(database, "chunk_id")), Ints(dropped)));
  return database.Execute(fmt::format("DELETE FROM chunk WHERE {}", IsOneOf(database, "id")), Ints(dropped));
}

Status SplitChunksOf(Database& database, int64_t owner) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<OwnedChunk> chunks, ChunksOf(database, owner));
  for (const OwnedChunk& chunk : chunks) {
    CALOTYPE_RETURN_IF_ERROR(SplitChunk(database, owner, chunk));
  }
  return absl::OkStatus();
}

Status BlamePhoto(Database& database, int64_t owner, PhotoId photo, bool crashed, int64_t earlier_kills) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query(fmt::format("SELECT analysis.analysis, crashes, kills FROM analysis"
                                 " JOIN claim ON claim.photo_id = analysis.photo_id JOIN chunk ON chunk.id = chunk_id"
                                 " WHERE analysis.photo_id = ?1 AND state = 0 AND owner_id = ?2 AND {}",
                                 kLeasedAnalysis),
                     photo, owner));
  std::map<std::string, DeathCount> running;
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&](const Statement& row) {
    running[row.Text(0)] = {.crashes = row.Int(1), .kills = std::max(row.Int(2), earlier_kills)};
  }));
  bool is_failed = false;
  for (const auto& [analysis, deaths] : running) {
    const DeathVerdict verdict = JudgeDeath(deaths, crashed);
    is_failed = is_failed || verdict.state == AnalysisState::kFailed;
    CALOTYPE_RETURN_IF_ERROR(database.Execute(
        "UPDATE analysis SET crashes = ?3, kills = ?4, state = ?5, reason = ?6, updated_at = ?7,"
        " priority = CASE WHEN ?8 = 1 THEN ?9 ELSE priority END WHERE photo_id = ?1 AND analysis = ?2",
        photo, analysis, verdict.deaths.crashes, verdict.deaths.kills, static_cast<int>(verdict.state), verdict.reason,
        LeaseNow().unix_seconds, verdict.is_suspect ? 1 : 0, static_cast<int>(WorkPriority::kSuspect)));
  }
  if (is_failed) {
    CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM claim WHERE photo_id = ?1", photo));
  }
  return running.empty() ? absl::OkStatus() : RecordChange(database, photo);
}

Status RevokeClaim(Database& database, PhotoId photo) {
  return database.Execute(
      "DELETE FROM claim WHERE photo_id = ?1 AND chunk_id IN (SELECT id FROM chunk WHERE owner_id IS NOT NULL)", photo);
}

}  // namespace calotype
