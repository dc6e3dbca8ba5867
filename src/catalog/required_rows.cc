#include "catalog/required_rows.h"

#include <utility>
#include <vector>

#include "catalog/chunks.h"
#include "catalog/row_values.h"
#include "catalog/work_policy.h"

namespace calotype {
namespace {

// A row that has another version than the wanted one, or does not exist. There may be millions.
struct Outdated {
  PhotoId photo = 0;
  bool has_findings = false;
  bool has_wanted_findings = false;
};

Status Write(Database& database, const Outdated& row, const AnalysisVersion& wanted, int64_t now) {
  const WorkState work = StateWhenWanted(row.has_findings, row.has_wanted_findings);
  CALOTYPE_RETURN_IF_ERROR(RevokeClaim(database, row.photo));
  return database.Execute(
      "INSERT INTO analysis(photo_id, analysis, version, state, priority, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
      " ON CONFLICT(photo_id, analysis) DO UPDATE SET version = excluded.version, state = excluded.state,"
      " priority = excluded.priority, updated_at = excluded.updated_at, reason = '', attempts = 0, crashes = 0,"
      " kills = 0, retry_at = 0",
      row.photo, wanted.analysis, wanted.version, static_cast<int>(work.state), static_cast<int>(work.priority), now);
}

}  // namespace

Status RequireOfAllPhotos(Database& database, const AnalysisVersion& wanted, int64_t now) {
  CALOTYPE_RETURN_IF_ERROR(
      database.Execute("INSERT INTO required(analysis, version) VALUES (?1, ?2)"
                       " ON CONFLICT(analysis) DO UPDATE SET version = excluded.version",
                       wanted.analysis, wanted.version));
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query("SELECT photo.id, found_version IS NOT NULL, found_version IS NOT DISTINCT FROM ?2 OR EXISTS"
                     " (SELECT 1 FROM kept WHERE kept.photo_id = photo.id AND kept.analysis = ?1 AND"
                     " kept.version = ?2) FROM photo LEFT JOIN analysis ON analysis.photo_id = photo.id AND"
                     " analysis.analysis = ?1 WHERE analysis.version IS DISTINCT FROM ?2"
                     " AND EXISTS (SELECT 1 FROM file WHERE file.photo_id = photo.id AND missing = 0)",
                     wanted.analysis, wanted.version));
  const auto make = [](const Statement& row) {
    return Outdated{.photo = row.Int(0), .has_findings = row.Int(1) != 0, .has_wanted_findings = row.Int(2) != 0};
  };
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Outdated> outdated, ReadRows(std::move(rows), make));
  for (const Outdated& row : outdated) {
    CALOTYPE_RETURN_IF_ERROR(Write(database, row, wanted, now));
  }
  return absl::OkStatus();
}

Status RequireOfPhoto(Database& database, PhotoId photo, int64_t now) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query("SELECT required.analysis, required.version, found_version IS NOT NULL,"
                     " found_version IS NOT DISTINCT FROM required.version OR EXISTS (SELECT 1 FROM kept WHERE "
                     "kept.photo_id = ?1 AND"
                     " kept.analysis = required.analysis AND kept.version = required.version)"
                     " FROM required LEFT JOIN analysis ON analysis.photo_id = ?1 AND"
                     " analysis.analysis = required.analysis WHERE analysis.version IS DISTINCT FROM required.version",
                     photo));
  const auto make = [photo](const Statement& row) {
    return std::pair(AnalysisVersion{.analysis = row.Text(0), .version = row.Text(1)},
                     Outdated{.photo = photo, .has_findings = row.Int(2) != 0, .has_wanted_findings = row.Int(3) != 0});
  };
  CALOTYPE_ASSIGN_OR_RETURN(const auto outdated, ReadRows(std::move(rows), make));
  for (const auto& [wanted, row] : outdated) {
    CALOTYPE_RETURN_IF_ERROR(Write(database, row, wanted, now));
  }
  return absl::OkStatus();
}

}  // namespace calotype
