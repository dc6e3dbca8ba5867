// WorkCatalog::Store(): findings, states and properties of analysed photos.
#include "catalog/sql_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

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

// What a row says before the result of its photo is stored.
struct RowBefore {
  int64_t attempts = 0;
  std::string version;
  bool is_pending = false;
};
struct Before {
  ShownVersions shown;
  std::map<std::string, RowBefore, std::less<>> rows;  // by analysis
};
using BeforeAll = std::unordered_map<PhotoId, Before>;

// Has an entry for each photo that the catalogue has.
StatusOr<BeforeAll> ReadBefore(Database& database, std::span<const PhotoId> photos) {
  BeforeAll before;
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query(fmt::format("SELECT photo_id, analysis, attempts, found_version, version, state FROM analysis"
                                 " WHERE {}",
                                 IsOneOf(database, "photo_id")),
                     Ints(photos)));
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&before](const Statement& row) {
    Before& of_photo = before[row.Int(0)];
    of_photo.rows[row.Text(1)] = {.attempts = row.Int(2), .version = row.Text(4), .is_pending = row.Int(5) == 0};
    if (!row.IsNull(3)) {
      of_photo.shown[row.Text(1)] = row.Text(3);
    }
  }));
  // A photo that has rows exists. Most photos have some.
  std::vector<PhotoId> others(photos.begin(), photos.end());
  std::erase_if(others, [&before](PhotoId photo) { return before.contains(photo); });
  if (!others.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(
        Statement known,
        database.Query(fmt::format("SELECT id FROM photo WHERE {}", IsOneOf(database, "id")), Ints(others)));
    CALOTYPE_RETURN_IF_ERROR(known.ForEach([&before](const Statement& row) { before.try_emplace(row.Int(0)); }));
  }
  return before;
}

// The outcome of `analysis` when it is done, else null.
const AnalysisOutcome* FindDone(const PhotoResult& result, std::string_view analysis) {
  const auto outcome = std::ranges::find(result.outcomes, analysis, &AnalysisOutcome::analysis);
  return outcome == result.outcomes.end() || outcome->state != AnalysisState::kDone ? nullptr : &*outcome;
}

// Findings of several photos for tables that take them at once.
using FindingsByTable = std::map<const FindingsTable*, std::vector<FindingsOfPhoto>>;

Status WriteFindings(Database& database, const PhotoResult& result, const ShownVersions& shown,
                     FindingsByTable& later) {
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
        if (database.dialect().has_arrays && table.write_all != nullptr) {
          later[&table].push_back({.photo = result.id,
                                   .findings = &result.findings,
                                   .version = outcome->version,
                                   .has_earlier = shown.contains(table.analysis)});
        } else {
          CALOTYPE_RETURN_IF_ERROR(table.write(database, result.id, result.findings, outcome->version));
        }
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

// A row of the table "analysis".
struct OutcomeRow {
  PhotoId photo = 0;
  const AnalysisOutcome* outcome = nullptr;
  std::string found_version;  // empty: the earlier one stays
  int64_t attempts = 0;
  int64_t retry_at = 0;
};

OutcomeRow RowOf(const PhotoResult& result, const AnalysisOutcome& outcome, const Before& before, int64_t now) {
  const bool kept =
      FindFindingsTable(outcome.analysis) != nullptr && FateOf(before.shown, result, outcome) == FindingsFate::kKeep;
  const auto row = before.rows.find(outcome.analysis);
  const bool is_attempt = row != before.rows.end() && row->second.is_pending;
  const int64_t attempts = row == before.rows.end() ? 1 : row->second.attempts + (is_attempt ? 1 : 0);
  return {.photo = result.id,
          .outcome = &outcome,
          .found_version = outcome.state == AnalysisState::kDone && !kept ? outcome.version : "",
          .attempts = attempts,
          .retry_at = RetryTime(outcome, attempts, now)};
}

constexpr std::string_view kInsertOutcome =
    "INSERT INTO analysis(photo_id, analysis, version, state, reason, device, ms, attempts, updated_at,"
    " found_version, retry_at)";
constexpr std::string_view kUpdateOutcome =
    " ON CONFLICT(photo_id, analysis) DO UPDATE SET version = excluded.version, state = excluded.state,"
    " reason = excluded.reason, device = excluded.device, ms = excluded.ms, attempts = excluded.attempts,"
    " updated_at = excluded.updated_at, found_version = coalesce(excluded.found_version, analysis.found_version),"
    " crashes = 0, kills = 0, retry_at = excluded.retry_at";

Status WriteOneByOne(Database& database, std::span<const OutcomeRow> rows, int64_t now) {
  const std::string sql =
      fmt::format("{} VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11){}", kInsertOutcome, kUpdateOutcome);
  for (const OutcomeRow& row : rows) {
    const AnalysisOutcome& outcome = *row.outcome;
    const auto found = row.found_version.empty() ? std::nullopt : std::optional(row.found_version);
    CALOTYPE_RETURN_IF_ERROR(database.Execute(sql, row.photo, outcome.analysis, outcome.version,
                                              static_cast<int>(outcome.state), outcome.reason, outcome.device,
                                              outcome.milliseconds, row.attempts, now, found, row.retry_at));
  }
  return absl::OkStatus();
}

Status WriteAtOnce(Database& database, std::span<const OutcomeRow> rows, int64_t now) {
  std::vector<int64_t> photos;
  std::vector<int64_t> states;
  std::vector<int64_t> attempts;
  std::vector<int64_t> retries;
  std::vector<double> milliseconds;
  std::vector<std::string> analyses;
  std::vector<std::string> versions;
  std::vector<std::string> reasons;
  std::vector<std::string> devices;
  std::vector<std::string> found;
  for (const OutcomeRow& row : rows) {
    photos.push_back(row.photo);
    states.push_back(static_cast<int64_t>(row.outcome->state));
    attempts.push_back(row.attempts);
    retries.push_back(row.retry_at);
    milliseconds.push_back(row.outcome->milliseconds);
    analyses.push_back(row.outcome->analysis);
    versions.push_back(row.outcome->version);
    reasons.push_back(row.outcome->reason);
    devices.push_back(row.outcome->device);
    found.push_back(row.found_version);
  }
  return database.Execute(
      fmt::format("{} SELECT photo, name, version, state, reason, device, ms, attempts, CAST(?11 AS bigint),"
                  " nullif(found, ''), retry FROM unnest(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) AS"
                  " rows(photo, name, version, state, reason, device, ms, attempts, found, retry){}",
                  kInsertOutcome, kUpdateOutcome),
      Ints(photos), Texts(analyses), Texts(versions), Ints(states), Texts(reasons), Texts(devices), Reals(milliseconds),
      Ints(attempts), Texts(found), Ints(retries), now);
}

// True when another version of a claimed analysis was asked for meanwhile.
bool IsOutdated(const AnalysisOutcome& outcome, const ClaimedResult& result, const Before& before) {
  const auto row = before.rows.find(outcome.analysis);
  return row != before.rows.end() && row->second.is_pending && row->second.version != outcome.version &&
         std::ranges::find(result.claimed, outcome.analysis) != result.claimed.end();
}

bool HasUnfinished(const ClaimedResult& result, const PhotoResult& stored) {
  return std::ranges::any_of(result.claimed, [&stored](const std::string& analysis) {
    return std::ranges::find(stored.outcomes, analysis, &AnalysisOutcome::analysis) == stored.outcomes.end();
  });
}

}  // namespace

StatusOr<std::vector<PhotoId>> StoreResults(Database& database, std::span<const ClaimedResult> results) {
  std::vector<PhotoId> photos;
  for (const ClaimedResult& one : results) {
    photos.push_back(one.result->id);
  }
  if (photos.empty()) {
    return photos;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const BeforeAll all_before, ReadBefore(database, photos));
  const int64_t now = LeaseNow().unix_seconds;
  std::vector<PhotoId> unfinished;
  std::vector<OutcomeRow> rows;
  FindingsByTable findings;
  std::deque<PhotoResult> trimmed;  // without what is outdated
  for (const ClaimedResult& one : results) {
    const PhotoResult* result = one.result;
    const auto known = all_before.find(result->id);
    if (known == all_before.end()) {
      return absl::NotFoundError(fmt::format("the catalogue {} has no photo {}", database.name(), result->id));
    }
    const Before& before = known->second;
    const auto is_outdated = [&](const AnalysisOutcome& outcome) { return IsOutdated(outcome, one, before); };
    if (std::ranges::any_of(result->outcomes, is_outdated)) {
      std::erase_if(trimmed.emplace_back(*result).outcomes, is_outdated);
      result = &trimmed.back();
    }
    if (result->properties.has_value()) {
      CALOTYPE_RETURN_IF_ERROR(WriteProperties(database, result->id, *result->properties));
    }
    if (result->facts.has_value()) {
      CALOTYPE_RETURN_IF_ERROR(WriteFacts(database, result->id, *result->facts));
    }
    CALOTYPE_RETURN_IF_ERROR(WriteFindings(database, *result, before.shown, findings));
    for (auto outcome = result->outcomes.begin(); outcome != result->outcomes.end(); ++outcome) {
      // One statement cannot write a row twice.
      if (std::find_if(outcome + 1, result->outcomes.end(), [&](const AnalysisOutcome& later) {
            return later.analysis == outcome->analysis;
          }) == result->outcomes.end()) {
        rows.push_back(RowOf(*result, *outcome, before, now));
      }
    }
    if (HasUnfinished(one, *result)) {
      unfinished.push_back(result->id);
    }
  }
  for (const auto& [table, of_photos] : findings) {
    CALOTYPE_RETURN_IF_ERROR(table->write_all(database, of_photos));
  }
  CALOTYPE_RETURN_IF_ERROR(database.dialect().has_arrays ? WriteAtOnce(database, rows, now)
                                                         : WriteOneByOne(database, rows, now));
  CALOTYPE_RETURN_IF_ERROR(RecordChanges(database, photos));
  return unfinished;
}

Status SqlCatalog::Store(std::span<const PhotoResult> results) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction,
                            DatabaseTransaction::Begin(*database_, database_->dialect().begin_results));
  // A second result of a photo is stored after the first.
  std::vector<ClaimedResult> some;
  std::set<PhotoId> photos;
  for (const PhotoResult& result : results) {
    if (!photos.insert(result.id).second) {
      CALOTYPE_RETURN_IF_ERROR(StoreResults(*database_, some).status());
      some.clear();
      photos = {result.id};
    }
    some.push_back({.result = &result, .claimed = {}});
  }
  CALOTYPE_RETURN_IF_ERROR(StoreResults(*database_, some).status());
  return transaction.Commit();
}

}  // namespace calotype
