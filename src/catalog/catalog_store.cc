// What one photo's way brought, written down.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "catalog/facts_tables.h"
#include "catalog/findings_tables.h"
#include "catalog/kept_findings.h"
#include "catalog/sqlite_catalog.h"

namespace calotype {
namespace {

// A failure that may pass is tried again after a minute, then after four times as long each time: five hours in all.
constexpr int kFirstRetrySeconds = 60;
constexpr int kAutomaticTries = 5;

// The version of the findings that are shown of each analysis of a photo.
using FoundVersions = std::map<std::string, std::string>;

StatusOr<FoundVersions> ReadFoundVersions(Database& database, PhotoId photo) {
  FoundVersions found;
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query("SELECT analysis, found_version FROM analysis"
                                                           " WHERE photo_id = ?1 AND found_version IS NOT NULL",
                                                           photo));
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&found](const Statement& row) { found[row.Text(0)] = row.Text(1); }));
  return found;
}

// Findings of another version than those that are shown wait for the switch.
bool Waits(const FoundVersions& found, const AnalysisOutcome& outcome) {
  const auto shown = found.find(outcome.analysis);
  return shown != found.end() && shown->second != outcome.version;
}

// The outcome of `analysis` when it is done; null else.
const AnalysisOutcome* FindDone(const PhotoResult& result, std::string_view analysis) {
  const auto outcome = std::ranges::find(result.outcomes, analysis, &AnalysisOutcome::analysis);
  return outcome == result.outcomes.end() || outcome->state != AnalysisState::kDone ? nullptr : &*outcome;
}

// Faces that were only found again so that new embeddings could be made of them: those that are shown have embeddings
// that are still in use.
bool IsNeededOnly(const FoundVersions& found, const PhotoResult& result, const AnalysisOutcome& outcome) {
  const AnalysisOutcome* const recognised = FindDone(result, "faces.recognise");
  return outcome.analysis == "faces.detect" && recognised != nullptr && Waits(found, *recognised) &&
         found.contains(outcome.analysis);
}

Status WriteFindings(Database& database, const PhotoResult& result, const FoundVersions& found) {
  for (const FindingsTable& table : FindingsTables()) {
    const AnalysisOutcome* const outcome = FindDone(result, table.analysis);
    if (outcome == nullptr) {
      continue;
    }
    if (!table.is_set(result.findings)) {
      return absl::InvalidArgumentError(
          fmt::format("photo {}: {} is said to be done, but its findings are absent", result.id, table.analysis));
    }
    if (Waits(found, *outcome)) {
      CALOTYPE_RETURN_IF_ERROR(KeepFindings(database, result.id, *outcome, result.findings));
    } else if (!IsNeededOnly(found, result, *outcome)) {
      CALOTYPE_RETURN_IF_ERROR(table.write(database, result.id, result.findings, outcome->version));
    }
  }
  return absl::OkStatus();
}

Status WriteProperties(Database& database, PhotoId photo, const PhotoProperties& properties) {
  CALOTYPE_RETURN_IF_ERROR(database.Execute("UPDATE photo SET format = ?2, width = ?3, height = ?4 WHERE id = ?1",
                                            photo, static_cast<int>(properties.format), properties.width,
                                            properties.height));
  return WriteFacts(database, photo, properties.facts);
}

Status WriteOutcome(Database& database, PhotoId photo, const AnalysisOutcome& outcome, bool waits) {
  const auto found_version =
      outcome.state == AnalysisState::kDone && !waits ? std::optional<std::string>(outcome.version) : std::nullopt;
  return database.Execute(
      "INSERT INTO analysis(photo_id, analysis, version, state, reason, device, ms, attempts, updated_at,"
      " found_version, retry_at)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, unixepoch(), ?8, CASE WHEN ?9 THEN unixepoch() + ?10 ELSE 0 END)"
      " ON CONFLICT(photo_id, analysis) DO UPDATE SET version = excluded.version, state = excluded.state,"
      " reason = excluded.reason, device = excluded.device, ms = excluded.ms, updated_at = excluded.updated_at,"
      " found_version = coalesce(excluded.found_version, found_version), crashes = 0, kills = 0, retry_at = CASE"
      " WHEN ?9 AND attempts <= ?11 THEN unixepoch() + (?10 << (2 * max(attempts - 1, 0))) ELSE 0 END",
      photo, outcome.analysis, outcome.version, static_cast<int>(outcome.state), outcome.reason, outcome.device,
      outcome.milliseconds, found_version, outcome.state == AnalysisState::kFailed && outcome.retryable ? 1 : 0,
      kFirstRetrySeconds, kAutomaticTries);
}

Status StoreResult(Database& database, const PhotoResult& result) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto known, database.QueryInt("SELECT id FROM photo WHERE id = ?1", result.id));
  if (!known.has_value()) {
    return absl::NotFoundError(fmt::format("the catalogue {} has no photo {}", database.file().string(), result.id));
  }
  if (result.properties.has_value()) {
    CALOTYPE_RETURN_IF_ERROR(WriteProperties(database, result.id, *result.properties));
  }
  if (result.facts.has_value()) {
    CALOTYPE_RETURN_IF_ERROR(WriteFacts(database, result.id, *result.facts));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const FoundVersions found, ReadFoundVersions(database, result.id));
  CALOTYPE_RETURN_IF_ERROR(WriteFindings(database, result, found));
  for (const AnalysisOutcome& outcome : result.outcomes) {
    const bool waits = FindFindingsTable(outcome.analysis) != nullptr && Waits(found, outcome);
    CALOTYPE_RETURN_IF_ERROR(WriteOutcome(database, result.id, outcome, waits));
  }
  return absl::OkStatus();
}

}  // namespace

Status SqliteCatalog::Store(std::span<const PhotoResult> results) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*database_));
  for (const PhotoResult& result : results) {
    CALOTYPE_RETURN_IF_ERROR(StoreResult(*database_, result));
  }
  return transaction.Commit();
}

}  // namespace calotype
