// SearchCatalog: labels, hashes, facts.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/text.h"
#include "catalog/labels.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

struct Label {
  int64_t id = 0;
  std::string name;
};

// There are at most a few thousand different labels, so reading all of them is cheap.
StatusOr<std::vector<Label>> LabelsWith(Database& database, std::string_view words) {
  const std::vector<std::string> wanted = LabelWords(words);
  std::vector<Label> labels;
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query("SELECT id, name FROM label"));
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&](const Statement& row) {
    Label label{.id = row.Int(0), .name = row.Text(1)};
    if (ContainsWords(LabelWords(label.name), wanted)) {
      labels.push_back(std::move(label));
    }
  }));
  return labels;
}

// Adds the objects and tags with `label` to the match of their photo.
Status AddMatches(Database& database, const Label& label, std::unordered_map<PhotoId, LabelMatch>& matches) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query("SELECT photo_id, count(*), max(score), 0 FROM object WHERE label_id = ?1 GROUP BY photo_id"
                     " UNION ALL SELECT photo_id, 1, score, 1 FROM tag WHERE label_id = ?1",
                     label.id));
  return rows.ForEach([&](const Statement& row) {
    LabelMatch& match = matches[row.Int(0)];
    match.photo = row.Int(0);
    match.count += row.Int(1);
    if (match.label.empty() || row.Float(2) > match.score) {
      match.score = row.Float(2);
      match.label = label.name;
      match.is_tag = row.Int(3) != 0;
    }
  });
}

Status SortPresent(Database& database, std::vector<LabelMatch>& matches) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement present,
                            database.Query("SELECT 1 FROM file WHERE photo_id = ?1 AND missing = 0 LIMIT 1", nullptr));
  Status status;
  std::erase_if(matches, [&](const LabelMatch& match) {
    const StatusOr<bool> found = present.Bind(match.photo).Step();
    status.Update(found.status());
    return !found.ok() || !*found;
  });
  std::ranges::sort(matches, [](const LabelMatch& a, const LabelMatch& b) {
    return a.score != b.score ? a.score > b.score : a.photo < b.photo;
  });
  return status;
}

}  // namespace

StatusOr<std::vector<std::string>> SqlCatalog::TakenAt(std::span<const PhotoId> ids) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Statement row, database_->Query("SELECT taken_at FROM photo WHERE id = ?1", nullptr));
  std::vector<std::string> times;
  times.reserve(ids.size());
  for (const PhotoId id : ids) {
    CALOTYPE_ASSIGN_OR_RETURN(const bool found, row.Bind(id).Step());
    times.push_back(found && !row.IsNull(0) ? row.Text(0) : std::string());
  }
  return times;
}

StatusOr<std::vector<LabelMatch>> SqlCatalog::FindObjects(std::string_view label, int min_count) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database_->Query("SELECT photo_id, count(*), max(score), min(name) FROM object JOIN label ON label.id = label_id"
                       " WHERE label_id IN (SELECT id FROM label WHERE lower(name) = ?1)"
                       " GROUP BY photo_id HAVING count(*) >= ?2",
                       ToLowerAscii(label), min_count));
  const auto make = [](const Statement& row) {
    return LabelMatch{
        .photo = row.Int(0), .count = row.Int(1), .score = row.Float(2), .label = row.Text(3), .is_tag = false};
  };
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<LabelMatch> matches, ReadRows(std::move(rows), make));
  CALOTYPE_RETURN_IF_ERROR(SortPresent(*database_, matches));
  return matches;
}

StatusOr<std::vector<LabelMatch>> SqlCatalog::FindLabels(std::string_view word) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Label> labels, LabelsWith(*database_, word));
  std::unordered_map<PhotoId, LabelMatch> by_photo;
  for (const Label& label : labels) {
    CALOTYPE_RETURN_IF_ERROR(AddMatches(*database_, label, by_photo));
  }
  std::vector<LabelMatch> matches;
  matches.reserve(by_photo.size());
  for (auto& [photo, match] : by_photo) {
    matches.push_back(std::move(match));
  }
  CALOTYPE_RETURN_IF_ERROR(SortPresent(*database_, matches));
  return matches;
}

StatusOr<std::vector<PhotoId>> SqlCatalog::PhotosWithCopies() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database_->Query("SELECT photo_id FROM file WHERE missing = 0 GROUP BY photo_id"
                                             " HAVING count(*) > 1 ORDER BY photo_id"));
  return PhotoIds(std::move(rows));
}

StatusOr<std::vector<HashRecord>> SqlCatalog::PdqHashes() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database_->Query("SELECT photo_id, hash, quality FROM pdq WHERE EXISTS"
                       " (SELECT 1 FROM file WHERE file.photo_id = pdq.photo_id AND missing = 0) ORDER BY photo_id"));
  return ReadRows(std::move(rows),
                  [](const Statement& row) { return HashRecord{.photo = row.Int(0), .pdq = PdqFromRow(row, 1)}; });
}

StatusOr<std::vector<ShotRecord>> SqlCatalog::Shots() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database_->Query("SELECT id, camera, taken_at FROM photo WHERE camera <> '' AND length(taken_at) >= 19 AND EXISTS"
                       " (SELECT 1 FROM file WHERE file.photo_id = photo.id AND missing = 0)"
                       " ORDER BY camera, taken_at, id"));
  return ReadRows(std::move(rows), [](const Statement& row) {
    return ShotRecord{.photo = row.Int(0), .camera = row.Text(1), .taken_at = row.Text(2)};
  });
}

}  // namespace calotype
