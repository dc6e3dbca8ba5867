// What is to be done: which analyses each photo still lacks, and who is at it.
#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "catalog/library_keys.h"
#include "catalog/sqlite_catalog.h"

namespace calotype {
namespace {

constexpr std::string_view kPausedKey = "scan.paused";

// A crash is a photo's own doing, most likely; a kill may be the user's.
constexpr int kMaxCrashes = 2;
constexpr int kMaxKills = 5;

Status RequireOne(Database& database, const AnalysisVersion& wanted) {
  CALOTYPE_RETURN_IF_ERROR(
      database.Execute("INSERT INTO required(analysis, version) VALUES (?1, ?2)"
                       " ON CONFLICT(analysis) DO UPDATE SET version = excluded.version",
                       wanted.analysis, wanted.version));
  return database.Execute(
      "INSERT INTO analysis(photo_id, analysis, version, updated_at)"
      " SELECT id, ?1, ?2, unixepoch() FROM photo"
      " WHERE NOT EXISTS (SELECT 1 FROM analysis a WHERE a.photo_id = photo.id AND a.analysis = ?1 AND a.version = ?2)"
      " AND EXISTS (SELECT 1 FROM file WHERE file.photo_id = photo.id AND missing = 0)"
      " ON CONFLICT(photo_id, analysis) DO UPDATE SET version = excluded.version, reason = '', attempts = 0, crashes = "
      "0,"
      " kills = 0, retry_at = 0, priority = CASE WHEN found_version IS NULL THEN 1 ELSE 2 END,"
      " updated_at = excluded.updated_at, state = CASE WHEN found_version = ?2 OR EXISTS (SELECT 1 FROM kept WHERE"
      " kept.photo_id = analysis.photo_id AND kept.analysis = ?1 AND kept.version = ?2) THEN 2 ELSE 0 END",
      wanted.analysis, wanted.version);
}

// By turn: priority first, then age.
using Turn = std::pair<int64_t, PhotoId>;

// The `limit` photos with a pending row among `analyses` whose turn comes first. Each analysis is asked for its own
// first ones, which the index answers in order, so the cost does not grow with the number of pending rows.
StatusOr<std::set<Turn>> FirstPending(Database& database, std::span<const std::string> analyses, int limit) {
  std::map<PhotoId, int64_t> photos;
  for (const std::string& analysis : analyses) {
    CALOTYPE_ASSIGN_OR_RETURN(
        Statement rows,
        database.Query("SELECT photo_id, priority FROM analysis WHERE state = 0 AND analysis = ?1"
                       " AND EXISTS (SELECT 1 FROM file WHERE file.photo_id = analysis.photo_id AND missing = 0)"
                       " ORDER BY priority, photo_id LIMIT ?2",
                       analysis, limit));
    CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&photos](const Statement& row) {
      const auto known = photos.emplace(row.Int(0), row.Int(1)).first;
      known->second = std::min(known->second, row.Int(1));
    }));
  }
  std::set<Turn> turns;
  for (const auto& [photo, priority] : photos) {
    turns.emplace(priority, photo);
  }
  while (turns.size() > static_cast<std::size_t>(limit)) {
    turns.erase(std::prev(turns.end()));
  }
  return turns;
}

StatusOr<std::vector<std::string>> PresentPaths(Database& database, PhotoId photo) {
  std::vector<std::string> paths;
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows, database.Query("SELECT path FROM file WHERE photo_id = ?1 AND missing = 0 ORDER BY path", photo));
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&paths](const Statement& row) { paths.push_back(row.Text(0)); }));
  return paths;
}

StatusOr<PendingPhoto> ClaimPhoto(Database& database, PhotoId photo, std::span<const std::string> analyses) {
  PendingPhoto claimed{.id = photo, .paths = {}, .analyses = {}};
  CALOTYPE_ASSIGN_OR_RETURN(claimed.paths, PresentPaths(database, photo));
  for (const std::string& analysis : analyses) {
    CALOTYPE_RETURN_IF_ERROR(
        database.Execute("UPDATE analysis SET state = 1, attempts = attempts + 1, updated_at = unixepoch()"
                         " WHERE photo_id = ?1 AND analysis = ?2 AND state = 0",
                         photo, analysis));
    if (database.changes() == 1) {
      claimed.analyses.push_back(analysis);
    }
  }
  return claimed;
}

Status BookCasualty(Database& database, const Casualty& casualty) {
  CALOTYPE_RETURN_IF_ERROR(database.Execute(
      casualty.crashed ? "UPDATE analysis SET crashes = crashes + 1 WHERE photo_id = ?1 AND state = 1"
                       : "UPDATE analysis SET kills = kills + 1, priority = 3 WHERE photo_id = ?1 AND state = 1",
      casualty.photo));
  return database.Execute(
      "UPDATE analysis SET state = 3, updated_at = unixepoch(), reason = CASE WHEN crashes >= ?2"
      " THEN 'set aside: Calotype crashed ' || crashes || ' times while it looked at this photo'"
      " ELSE 'set aside: Calotype was killed ' || kills || ' times in a row while it looked at this photo"
      " (too little memory?)' END WHERE photo_id = ?1 AND state = 1 AND (crashes >= ?2 OR kills >= ?3)",
      casualty.photo, kMaxCrashes, kMaxKills);
}

// True when the latest call asked for the same: then every photo has its rows already.
StatusOr<bool> IsRequired(Database& database, std::span<const AnalysisVersion> analyses) {
  std::map<std::string, std::string> required;
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query("SELECT analysis, version FROM required"));
  CALOTYPE_RETURN_IF_ERROR(
      rows.ForEach([&required](const Statement& row) { required.emplace(row.Text(0), row.Text(1)); }));
  return required.size() == analyses.size() && std::ranges::all_of(analyses, [&](const AnalysisVersion& wanted) {
           const auto found = required.find(wanted.analysis);
           return found != required.end() && found->second == wanted.version;
         });
}

}  // namespace

Status SqliteCatalog::ResetRunning(std::span<const Casualty> casualties) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*database_));
  for (const Casualty& casualty : casualties) {
    CALOTYPE_RETURN_IF_ERROR(BookCasualty(*database_, casualty));
  }
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("UPDATE analysis SET state = 0 WHERE state = 1"));
  return transaction.Commit();
}

Status SqliteCatalog::SetPaused(bool paused) {
  const MutexLock lock(&mutex_);
  return paused ? WriteKey(*database_, kPausedKey, "yes") : DropKey(*database_, kPausedKey);
}

StatusOr<bool> SqliteCatalog::Paused() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const auto paused, ReadKey(*database_, kPausedKey));
  return paused.has_value();
}

Status SqliteCatalog::Prioritise(PhotoId photo) {
  const MutexLock lock(&mutex_);
  return database_->Execute("UPDATE analysis SET priority = 0 WHERE photo_id = ?1 AND state = 0", photo);
}

Status SqliteCatalog::RequireAnalyses(std::span<const AnalysisVersion> analyses) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*database_));
  // A library of a million photos is not walked through for a scan of a new folder.
  CALOTYPE_ASSIGN_OR_RETURN(const bool required, IsRequired(*database_, analyses));
  if (required) {
    return absl::OkStatus();
  }
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("DELETE FROM required"));
  for (const AnalysisVersion& wanted : analyses) {
    CALOTYPE_RETURN_IF_ERROR(RequireOne(*database_, wanted));
  }
  return transaction.Commit();
}

StatusOr<std::vector<PendingPhoto>> SqliteCatalog::ClaimPending(std::span<const std::string> analyses, int limit) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const std::set<Turn> turns, FirstPending(*database_, analyses, std::max(limit, 0)));
  std::vector<PendingPhoto> claimed;
  for (const auto& [priority, photo] : turns) {
    CALOTYPE_ASSIGN_OR_RETURN(PendingPhoto pending, ClaimPhoto(*database_, photo, analyses));
    claimed.push_back(std::move(pending));
  }
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return claimed;
}

StatusOr<int64_t> SqliteCatalog::RetryFailed(const RetryFilter& filter) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*database_));
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("CREATE TEMP TABLE IF NOT EXISTS retried (id INTEGER PRIMARY KEY)"));
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("DELETE FROM temp.retried"));
  CALOTYPE_RETURN_IF_ERROR(database_->Execute(
      // What was written in the future was written before the clock was set back: its time would not come for long.
      filter.due ? "INSERT OR IGNORE INTO temp.retried SELECT photo_id FROM analysis"
                   " WHERE state = 3 AND retry_at > 0 AND (retry_at <= unixepoch() OR updated_at > unixepoch())"
                 : "INSERT OR IGNORE INTO temp.retried SELECT photo_id FROM analysis WHERE state = 3"));
  if (filter.photo.has_value()) {
    CALOTYPE_RETURN_IF_ERROR(database_->Execute("DELETE FROM temp.retried WHERE id <> ?1", *filter.photo));
  }
  if (!filter.reason.empty()) {
    CALOTYPE_RETURN_IF_ERROR(database_->Execute(
        "DELETE FROM temp.retried WHERE NOT EXISTS (SELECT 1 FROM analysis WHERE photo_id = retried.id AND state = 3"
        " AND instr(lower(reason), lower(?1)) > 0)",
        filter.reason));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto failed,
                            database_->QueryInt("SELECT count(*) FROM analysis JOIN temp.retried ON photo_id = id"
                                                " WHERE state = 3"));
  CALOTYPE_RETURN_IF_ERROR(database_->Execute(
      "UPDATE analysis SET state = 0, reason = '', retry_at = 0, updated_at = unixepoch(),"
      " attempts = CASE WHEN ?1 THEN attempts ELSE 0 END, crashes = CASE WHEN ?1 THEN crashes ELSE 0 END,"
      " kills = CASE WHEN ?1 THEN kills ELSE 0 END WHERE state IN (3, 4) AND photo_id IN temp.retried",
      filter.due ? 1 : 0));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return failed.value_or(0);
}

}  // namespace calotype
