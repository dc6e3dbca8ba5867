// WorkCatalog::Store(): findings, states and properties of analysed photos.
#include "catalog/sql_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "catalog/facts_tables.h"
#include "catalog/findings_tables.h"
#include "catalog/kept_findings.h"
#include "catalog/lease.h"
#include "catalog/model_switch.h"
#include "catalog/photo_change.h"
#include "catalog/sql_catalog.h"
#include "catalog/work_policy.h"

namespace calotype {
namespace {

// What the rows of one photo say before its result is stored.
struct Before {
  ShownVersions shown;
  std::map<std::string, int64_t> attempts;  // by analysis
};

StatusOr<Before> ReadBefore(Database& database, PhotoId photo) {
  Before before;
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query("SELECT analysis, attempts, found_version FROM analysis WHERE photo_id = ?1", photo));
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&before](const Statement& row) {
    before.attempts[row.Text(0)] = row.Int(1);
    if (!row.IsNull(2)) {
      before.shown[row.Text(0)] = row.Text(2);
    }
  }));
  return before;
}

// The outcome of `analysis` when it is done, else null.
const AnalysisOutcome* FindDone(const PhotoResult& result, std::string_view analysis) {
  const auto outcome = std::ranges::find(result.outcomes, analysis, &AnalysisOutcome::analysis);
  return outcome == result.outcomes.end() || outcome->state != AnalysisState::kDone ? nullptr : &*outcome;
}

Status WriteFindings(Database& database, const PhotoResult& result, const ShownVersions& shown) {
  for (const FindingsTable& table : FindingsTables()) {
    const AnalysisOutcome* const outcome = FindDone(result, table.analysis);
    if (outcome == nullptr) {
      continue;
    }
    if (!table.is_set(result.findings)) {
      return absl::InvalidArgumentError(
          fmt::format("photo {}: {} is done, but its findings are absent", result.id, table.analysis));
    }
    switch (FateOf(shown, result, *outcome)) {
      case FindingsFate::kKeep:
        CALOTYPE_RETURN_IF_ERROR(KeepFindings(database, result.id, *outcome, result.findings));
        break;
      case FindingsFate::kShow:
        CALOTYPE_RETURN_IF_ERROR(table.write(database, result.id, result.findings, outcome->version));
        break;
      case FindingsFate::kIgnore:
        break;
    }
  }
  return absl::OkStatus();
}

Status WriteProperties(Database& database, PhotoId photo, const PhotoProperties& properties) {
  using OptionalInt = std::optional<int64_t>;
  const bool has_size = properties.width > 0;
  CALOTYPE_RETURN_IF_ERROR(database.Execute(
      "UPDATE photo SET format = ?2, width = coalesce(?3, width), height = coalesce(?4, height),"
      " pages = coalesce(?5, pages), thumb_hash = coalesce(?6, thumb_hash) WHERE id = ?1",
      photo, static_cast<int>(properties.format), has_size ? OptionalInt(properties.width) : std::nullopt,
      has_size ? OptionalInt(properties.height) : std::nullopt,
      properties.pages > 0 ? OptionalInt(properties.pages) : std::nullopt,
      properties.thumb_hash.empty() ? std::nullopt : std::optional(Blob(properties.thumb_hash))));
  return WriteFacts(database, photo, properties.facts);
}

Status WriteOutcome(Database& database, const PhotoResult& result, const AnalysisOutcome& outcome, const Before& before,
                    int64_t now) {
  const bool kept =
      FindFindingsTable(outcome.analysis) != nullptr && FateOf(before.shown, result, outcome) == FindingsFate::kKeep;
  const auto found_version =
      outcome.state == AnalysisState::kDone && !kept ? std::optional<std::string>(outcome.version) : std::nullopt;
  const auto attempts = before.attempts.find(outcome.analysis);
  const int64_t retry_at = RetryTime(outcome, attempts == before.attempts.end() ? 1 : attempts->second, now);
  return database.Execute(
      "INSERT INTO analysis(photo_id, analysis, version, state, reason, device, ms, attempts, updated_at,"
      " found_version, retry_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?9, ?10)"
      " ON CONFLICT(photo_id, analysis) DO UPDATE SET version = excluded.version, state = excluded.state,"
      " reason = excluded.reason, device = excluded.device, ms = excluded.ms, updated_at = excluded.updated_at,"
      " found_version = coalesce(excluded.found_version, analysis.found_version), crashes = 0, kills = 0,"
      " retry_at = excluded.retry_at",
      result.id, outcome.analysis, outcome.version, static_cast<int>(outcome.state), outcome.reason, outcome.device,
      outcome.milliseconds, now, found_version, retry_at);
}

}  // namespace

Status StoreResult(Database& database, const PhotoResult& result) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto known, database.QueryInt("SELECT id FROM photo WHERE id = ?1", result.id));
  if (!known.has_value()) {
    return absl::NotFoundError(fmt::format("the catalogue {} has no photo {}", database.name(), result.id));
  }
  if (result.properties.has_value()) {
    CALOTYPE_RETURN_IF_ERROR(WriteProperties(database, result.id, *result.properties));
  }
  if (result.facts.has_value()) {
    CALOTYPE_RETURN_IF_ERROR(WriteFacts(database, result.id, *result.facts));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const Before before, ReadBefore(database, result.id));
  CALOTYPE_RETURN_IF_ERROR(WriteFindings(database, result, before.shown));
  const int64_t now = LeaseNow().unix_seconds;
  for (const AnalysisOutcome& outcome : result.outcomes) {
    CALOTYPE_RETURN_IF_ERROR(WriteOutcome(database, result, outcome, before, now));
  }
  return RecordChange(database, result.id);
}

Status SqlCatalog::Store(std::span<const PhotoResult> results) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  for (const PhotoResult& result : results) {
    CALOTYPE_RETURN_IF_ERROR(StoreResult(*database_, result));
  }
  return transaction.Commit();
}

}  // namespace calotype
