// WorkCatalog: the analyses that photos need, retries, priorities, the pause.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "catalog/chunks.h"
#include "catalog/lease.h"
#include "catalog/library_keys.h"
#include "catalog/required_rows.h"
#include "catalog/sql_catalog.h"
#include "catalog/work_policy.h"

namespace calotype {
namespace {

constexpr std::string_view kPausedKey = "scan.paused";

// True when the latest call required the same: then every photo has its rows already.
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

// A document whose text was read, except for pages that exceed a limit.
constexpr std::string_view kLeftOut = "(state = 2 AND analysis = 'text' AND reason LIKE '%(limits.%')";

// Photos with a failure that `filter` selects, or with pages that were left out because of a limit: somebody who asks
// may have raised it.
StatusOr<std::set<PhotoId>> PhotosToRetry(Database& database, const RetryFilter& filter, int64_t now) {
  std::set<PhotoId> photos;
  // Every scan starts with `due`, which the index on retry_at answers.
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query(filter.due ? std::string("SELECT photo_id, reason, retry_at, updated_at FROM analysis"
                                              " WHERE state = 3 AND retry_at > 0")
                                : fmt::format("SELECT photo_id, reason, retry_at, updated_at FROM analysis"
                                              " WHERE state = 3 OR {}",
                                              kLeftOut)));
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&](const Statement& row) {
    const FailedAnalysis failed{
        .photo = row.Int(0), .reason = row.Text(1), .retry_at = row.Int(2), .updated_at = row.Int(3)};
    if (Selects(filter, failed, now)) {
      photos.insert(failed.photo);
    }
  }));
  return photos;
}

}  // namespace

Status SqlCatalog::RequireAnalyses(std::span<const AnalysisVersion> analyses) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  // A scan of a new folder does not walk through a library of a million photos.
  CALOTYPE_ASSIGN_OR_RETURN(const bool required, IsRequired(*database_, analyses));
  if (required) {
    return absl::OkStatus();
  }
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("DELETE FROM required"));
  for (const AnalysisVersion& wanted : analyses) {
    CALOTYPE_RETURN_IF_ERROR(RequireOfAllPhotos(*database_, wanted, LeaseNow().unix_seconds));
  }
  return transaction.Commit();
}

StatusOr<int64_t> SqlCatalog::RetryFailed(const RetryFilter& filter) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  const int64_t now = LeaseNow().unix_seconds;
  CALOTYPE_ASSIGN_OR_RETURN(const std::set<PhotoId> photos, PhotosToRetry(*database_, filter, now));
  const std::string_view left_out = filter.due ? "false" : kLeftOut;
  int64_t failed = 0;
  for (const PhotoId photo : photos) {
    CALOTYPE_ASSIGN_OR_RETURN(
        const auto of_photo,
        database_->QueryInt(
            fmt::format("SELECT count(*) FROM analysis WHERE photo_id = ?1 AND (state = 3 OR {})", left_out), photo));
    failed += of_photo.value_or(0);
    CALOTYPE_RETURN_IF_ERROR(RevokeClaim(*database_, photo));
    // An automatic retry continues the count of attempts; a retry by the user resets it.
    CALOTYPE_RETURN_IF_ERROR(
        database_->Execute(fmt::format("UPDATE analysis SET state = 0, reason = '', retry_at = 0, updated_at = ?2,"
                                       " attempts = attempts * ?3, crashes = crashes * ?3, kills = kills * ?3"
                                       " WHERE photo_id = ?1 AND (state IN (3, 4) OR {})",
                                       left_out),
                           photo, now, filter.due ? 1 : 0));
  }
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return failed;
}

Status SqlCatalog::SetPaused(bool paused) {
  const MutexLock lock(&mutex_);
  return paused ? WriteKey(*database_, kPausedKey, "yes") : DropKey(*database_, kPausedKey);
}

StatusOr<bool> SqlCatalog::Paused() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const auto paused, ReadKey(*database_, kPausedKey));
  return paused.has_value();
}

Status SqlCatalog::Prioritise(PhotoId photo) {
  const MutexLock lock(&mutex_);
  return database_->Execute("UPDATE analysis SET priority = ?2 WHERE photo_id = ?1 AND state = 0", photo,
                            static_cast<int>(WorkPriority::kRequested));
}

}  // namespace calotype
