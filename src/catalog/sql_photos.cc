// WorkCatalog::GetStatus(), and the photos of SearchCatalog.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "catalog/chunks.h"
#include "catalog/codec.h"
#include "catalog/facts_tables.h"
#include "catalog/findings_tables.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

constexpr std::size_t kFailureExamples = 3;

// The number of photos in the mean time.
constexpr int kDeviceSample = 500;

Status CountPhotos(Database& database, CatalogStatus& status) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto all, database.QueryInt("SELECT count(*) FROM photo"));
  CALOTYPE_ASSIGN_OR_RETURN(const auto present,
                            database.QueryInt("SELECT count(DISTINCT photo_id) FROM file WHERE missing = 0"));
  status.photos = present.value_or(0);
  status.missing = all.value_or(0) - status.photos;
  CALOTYPE_ASSIGN_OR_RETURN(
      const auto damaged,
      database.QueryInt("SELECT count(DISTINCT photo_id) FROM analysis WHERE state = 2 AND analysis IN (?1, 'text')"
                        " AND substr(reason, 1, 9) = 'damaged: ' AND EXISTS"
                        " (SELECT 1 FROM file WHERE file.photo_id = analysis.photo_id AND missing = 0)",
                        kDecodeAnalysis));
  status.damaged = damaged.value_or(0);
  return absl::OkStatus();
}

void AddCount(StateCounts& counts, AnalysisState state, int64_t count) {
  switch (state) {
    case AnalysisState::kPending:
      counts.pending += count;
      break;
    case AnalysisState::kRunning:
      counts.running += count;
      break;
    case AnalysisState::kDone:
      counts.done += count;
      break;
    case AnalysisState::kFailed:
      counts.failed += count;
      break;
    case AnalysisState::kSkipped:
      counts.skipped += count;
      break;
  }
}

// Pending rows that an owner has claimed count as running. SQLite must neither begin with the analyses (so CROSS JOIN)
// nor find them by their state (so it is no condition): there may be millions that are pending.
Status CountRunning(Database& database, CatalogStatus& status) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query(fmt::format("SELECT analysis.analysis, analysis.state, count(*) FROM chunk CROSS JOIN claim"
                                 " CROSS JOIN analysis WHERE owner_id IS NOT NULL AND chunk_id = chunk.id"
                                 " AND analysis.photo_id = claim.photo_id AND {} AND EXISTS"
                                 " (SELECT 1 FROM file WHERE file.photo_id = claim.photo_id AND missing = 0)"
                                 " GROUP BY analysis.analysis, analysis.state",
                                 kLeasedAnalysis)));
  return rows.ForEach([&status](const Statement& row) {
    if (static_cast<AnalysisState>(row.Int(1)) == AnalysisState::kPending) {
      StateCounts& counts = status.analyses[row.Text(0)];
      counts.running = std::min(row.Int(2), counts.pending);
      counts.pending -= counts.running;
    }
  });
}

// Counts present photos only: pending analyses of a missing photo cannot be done, and would look like work that never
// ends. The index counts all rows; then those of the few missing photos are subtracted.
Status CountAnalyses(Database& database, CatalogStatus& status) {
  const auto count = [&](std::string_view query, int64_t sign) -> Status {
    CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query(query));
    return rows.ForEach([&](const Statement& row) {
      AddCount(status.analyses[row.Text(0)], static_cast<AnalysisState>(row.Int(1)), sign * row.Int(2));
    });
  };
  CALOTYPE_RETURN_IF_ERROR(count("SELECT analysis, state, count(*) FROM analysis GROUP BY state, analysis", 1));
  CALOTYPE_RETURN_IF_ERROR(count(
      "SELECT analysis, state, count(*) FROM analysis WHERE photo_id IN (SELECT photo_id FROM file WHERE missing = 1"
      " UNION SELECT id FROM photo WHERE orphaned_at IS NOT NULL) AND NOT EXISTS"
      " (SELECT 1 FROM file WHERE file.photo_id = analysis.photo_id AND missing = 0) GROUP BY state, analysis",
      -1));
  CALOTYPE_RETURN_IF_ERROR(CountRunning(database, status));
  std::erase_if(status.analyses, [](const auto& one) {
    const StateCounts& counts = one.second;
    return counts.pending + counts.running + counts.done + counts.failed + counts.skipped == 0;
  });
  return absl::OkStatus();
}

// From the photos that were added last.
Status ReadDevices(Database& database, CatalogStatus& status) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows, database.Query("SELECT device, ms, updated_at FROM analysis WHERE state = 2 AND analysis = ?1"
                                     " ORDER BY photo_id DESC LIMIT ?2",
                                     nullptr, kDeviceSample));
  for (const auto& [analysis, counts] : status.analyses) {
    DeviceUse use;
    int64_t latest = -1;
    int64_t count = 0;
    CALOTYPE_RETURN_IF_ERROR(rows.Bind(analysis, kDeviceSample).ForEach([&](const Statement& row) {
      use.milliseconds += row.Real(1);
      ++count;
      if (row.Int(2) > latest) {
        latest = row.Int(2);
        use.device = row.Text(0);
      }
    }));
    if (count > 0) {
      use.milliseconds /= static_cast<double>(count);
      status.devices[analysis] = std::move(use);
    }
  }
  return absl::OkStatus();
}

// One pass over all failures, ordered by group. Unreadable files are failures of the analysis "read".
Status GroupFailures(Database& database, CatalogStatus& status) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query("SELECT 'read' AS name, reason, path, 0 FROM problem UNION ALL"
                     " SELECT * FROM (SELECT analysis, reason, (SELECT min(path) FROM file WHERE file.photo_id ="
                     " analysis.photo_id AND missing = 0) AS path, retry_at FROM analysis WHERE state = 3) AS failed"
                     " WHERE path IS NOT NULL ORDER BY 1, 2, 3"));
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&groups = status.failures](const Statement& row) {
    std::string analysis = row.Text(0);
    std::string reason = row.Text(1);
    if (groups.empty() || groups.back().analysis != analysis || groups.back().reason != reason) {
      groups.push_back({.analysis = std::move(analysis), .reason = std::move(reason), .count = 0, .examples = {}});
    }
    FailureGroup& group = groups.back();
    ++group.count;
    if (const int64_t next = row.Int(3); next > 0 && (group.next_try == 0 || next < group.next_try)) {
      group.next_try = next;
    }
    if (groups.back().examples.size() < kFailureExamples) {
      groups.back().examples.push_back(row.Text(2));
    }
  }));
  std::ranges::stable_sort(status.failures, std::ranges::greater{}, &FailureGroup::count);
  return absl::OkStatus();
}

Status ReadPhotoRow(Database& database, PhotoRecord& photo) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement row,
      database.Query("SELECT sha256, bytes, format, width, height, pages, thumb_hash FROM photo WHERE id = ?1",
                     photo.id));
  CALOTYPE_ASSIGN_OR_RETURN(const bool found, row.Step());
  if (!found) {
    return absl::NotFoundError(fmt::format("the catalogue {} has no photo {}", database.name(), photo.id));
  }
  photo.sha256 = DigestFromBlob(row.Bytes(0));
  photo.bytes = row.Int(1);
  if (!row.IsNull(2)) {
    photo.properties = PhotoProperties{.format = static_cast<PhotoFormat>(row.Int(2)),
                                       .width = static_cast<int>(row.Int(3)),
                                       .height = static_cast<int>(row.Int(4)),
                                       .pages = static_cast<int>(row.Int(5)),
                                       .facts = {},
                                       .thumb_hash = FromBlob<uint8_t>(row.Bytes(6))};
    CALOTYPE_ASSIGN_OR_RETURN(photo.properties->facts, ReadFacts(database, photo.id));
  }
  return absl::OkStatus();
}

Status ReadPaths(Database& database, PhotoRecord& photo) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query("SELECT path, missing FROM file WHERE photo_id = ?1 ORDER BY missing, path", photo.id));
  return rows.ForEach([&photo](const Statement& row) {
    photo.paths.push_back(row.Text(0));
    photo.present_paths += row.Int(1) == 0 ? 1 : 0;
  });
}

Status ReadCompanions(Database& database, PhotoRecord& photo) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query("SELECT companion.photo_path, companion.path, companion.kind, companion.size, companion.mtime_ns,"
                     " companion.ctime_ns, companion.inode FROM file JOIN companion ON companion.photo_path = "
                     "file.path WHERE photo_id = ?1 AND missing = 0"
                     " UNION SELECT companion.photo_path, companion.path, companion.kind, companion.size,"
                     " companion.mtime_ns, companion.ctime_ns, companion.inode FROM file JOIN companion ON "
                     "companion.path = file.path AND kind = ?2"
                     " WHERE photo_id = ?1 AND missing = 0 ORDER BY 1, 2",
                     photo.id, static_cast<int>(CompanionKind::kRaw)));
  return rows.ForEach([&photo](const Statement& row) { photo.companions.push_back(CompanionOf(row)); });
}

// The number and the person of each face, ordered as the faces.
Status ReadFacePeople(Database& database, PhotoRecord& photo) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query("SELECT person_id, name, face.id FROM face LEFT JOIN person ON person.id = person_id"
                     " WHERE photo_id = ?1 ORDER BY position",
                     photo.id));
  return rows.ForEach([&photo](const Statement& row) {
    photo.face_ids.push_back(row.Int(2));
    photo.face_people.push_back(OptionalInt(row, 0));
    photo.face_names.push_back(row.IsNull(1) ? std::string() : row.Text(1));
  });
}

// Reads the states, and the findings of each analysis that was ever done: earlier findings are shown while a newer
// version is pending.
Status ReadAnalyses(Database& database, PhotoRecord& photo) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query(fmt::format("SELECT analysis, version, CASE WHEN state = 0 AND EXISTS (SELECT 1 FROM claim JOIN"
                                 " chunk ON chunk.id = chunk_id WHERE claim.photo_id = analysis.photo_id AND"
                                 " owner_id IS NOT NULL AND {}) THEN 1 ELSE state END, reason, device, ms,"
                                 " found_version, retry_at FROM analysis WHERE photo_id = ?1 ORDER BY analysis",
                                 kLeasedAnalysis),
                     photo.id));
  std::vector<std::string> found;
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&](const Statement& row) {
    photo.outcomes.push_back({.analysis = row.Text(0),
                              .version = row.Text(1),
                              .state = static_cast<AnalysisState>(row.Int(2)),
                              .reason = row.Text(3),
                              .device = row.Text(4),
                              .milliseconds = row.Real(5)});
    photo.next_tries.push_back(photo.outcomes.back().state == AnalysisState::kFailed ? row.Int(7) : 0);
    if (!row.IsNull(6)) {
      found.push_back(row.Text(0));
    }
  }));
  for (const FindingsTable& table : FindingsTables()) {
    // Embeddings of faces are not shown, and they are large.
    if (table.analysis != "faces.recognise" && std::ranges::find(found, table.analysis) != found.end()) {
      CALOTYPE_RETURN_IF_ERROR(table.read(database, photo.id, photo.findings));
    }
  }
  return photo.findings.faces.has_value() ? ReadFacePeople(database, photo) : absl::OkStatus();
}

}  // namespace

StatusOr<CatalogStatus> SqlCatalog::GetStatus() {
  const MutexLock lock(&mutex_);
  CatalogStatus status;
  CALOTYPE_RETURN_IF_ERROR(CountPhotos(*database_, status));
  CALOTYPE_RETURN_IF_ERROR(CountAnalyses(*database_, status));
  CALOTYPE_RETURN_IF_ERROR(ReadDevices(*database_, status));
  CALOTYPE_RETURN_IF_ERROR(GroupFailures(*database_, status));
  return status;
}

StatusOr<PhotoId> SqlCatalog::FindByPath(std::string_view path) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const auto photo,
                            database_->QueryInt("SELECT photo_id FROM file WHERE path = ?1", PathBytes(path)));
  if (!photo.has_value()) {
    return absl::NotFoundError(fmt::format("{} is not in the catalogue; scan its folder first", path));
  }
  return *photo;
}

StatusOr<PhotoRecord> SqlCatalog::GetPhoto(PhotoId id) {
  const MutexLock lock(&mutex_);
  PhotoRecord photo;
  photo.id = id;
  CALOTYPE_RETURN_IF_ERROR(ReadPhotoRow(*database_, photo));
  CALOTYPE_RETURN_IF_ERROR(ReadPaths(*database_, photo));
  CALOTYPE_RETURN_IF_ERROR(ReadCompanions(*database_, photo));
  CALOTYPE_RETURN_IF_ERROR(ReadAnalyses(*database_, photo));
  return photo;
}

StatusOr<std::vector<std::string>> SqlCatalog::PathsOf(std::span<const PhotoId> ids) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement row, database_->Query("SELECT min(path) FROM file WHERE photo_id = ?1 AND missing = 0", nullptr));
  std::vector<std::string> paths;
  paths.reserve(ids.size());
  for (const PhotoId id : ids) {
    CALOTYPE_ASSIGN_OR_RETURN(const bool found, row.Bind(id).Step());
    paths.push_back(found ? row.Text(0) : std::string());
  }
  return paths;
}

}  // namespace calotype
