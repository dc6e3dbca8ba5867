// BrowseCatalog: lists by time of capture.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "catalog/codec.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

// True for a row of `photo` that is shown: it has a present file, and this file is not the RAW of a pair whose JPEG was
// decoded. ?1 is CompanionKind::kRaw.
constexpr std::string_view kShown =
    " EXISTS (SELECT 1 FROM file WHERE file.photo_id = photo.id AND file.missing = 0 AND NOT EXISTS"
    " (SELECT 1 FROM companion JOIN file AS shown ON shown.path = companion.photo_path"
    "  JOIN photo AS other ON other.id = shown.photo_id"
    "  WHERE companion.path = file.path AND companion.kind = ?1 AND shown.missing = 0 AND other.format IS NOT NULL"
    "  AND other.id <> photo.id))";
constexpr int kRaw = static_cast<int>(CompanionKind::kRaw);
constexpr std::string_view kColumns =
    "SELECT photo.id, (SELECT min(path) FROM file WHERE photo_id = photo.id AND missing = 0), taken_at, sha256, width,"
    " height, thumb_hash FROM photo WHERE";

// Parts of CountByDate(). ?2 is the length of a date.
//
// The dates on which photos were taken, the newest first. Each step finds the next older date with the index. When
// there is none, the step gives NULL, which ends the recursion.
constexpr std::string_view kDates =
    "SELECT (SELECT substr(max(taken_at), 1, ?2) FROM photo WHERE taken_at <> '') UNION ALL"
    " SELECT (SELECT substr(max(taken_at), 1, ?2) FROM photo WHERE taken_at <> '' AND taken_at < taken) FROM dated"
    " WHERE taken IS NOT NULL";
// A date of which less is known is a text of its own: "2024-05" is no day.
constexpr std::string_view kOfDates =
    "SELECT taken, (SELECT count(*) FROM photo WHERE taken_at <> '' AND taken_at BETWEEN taken AND"
    " CASE WHEN length(taken) = ?2 THEN taken || '~' ELSE taken END) FROM dated WHERE taken IS NOT NULL";
constexpr std::string_view kUndated =
    "SELECT '', count(*) - (SELECT count(*) FROM photo WHERE taken_at <> '') FROM photo";
// Minus those that are not shown, which are among these.
constexpr std::string_view kMayBeHidden =
    "SELECT substr(coalesce(taken_at, ''), 1, ?2), -count(*) FROM photo WHERE id IN"
    " (SELECT photo_id FROM file WHERE missing = 1 UNION SELECT id FROM photo WHERE orphaned_at IS NOT NULL"
    "  UNION SELECT photo_id FROM companion JOIN file ON file.path = companion.path WHERE kind = ?1)"
    " AND NOT";

// Of the text of a date: "2024-05", "2024-05-17".
int LengthOf(DatePart part) { return part == DatePart::kMonth ? 7 : 10; }

PhotoRow RowOf(const Statement& row) {
  PhotoRow photo{.id = row.Int(0), .path = row.Text(1), .taken_at = row.Text(2)};
  const Blob hash = row.Bytes(3);
  std::copy_n(hash.begin(), std::min(hash.size(), photo.sha256.bytes.size()), photo.sha256.bytes.begin());
  photo.width = static_cast<int>(row.Int(4));
  photo.height = static_cast<int>(row.Int(5));
  photo.thumb_hash = FromBlob<uint8_t>(row.Bytes(6));
  return photo;
}

}  // namespace

StatusOr<std::vector<PhotoRow>> SqlCatalog::ListPhotos(const PhotoPage& page) {
  const MutexLock lock(&mutex_);
  std::vector<PhotoRow> photos;
  const bool of_no_date = page.date.has_value() && page.date->text.empty();
  const bool in_undated = of_no_date || (page.after.has_value() && page.after->taken_at.empty());
  if (!in_undated) {
    // Before all times, or after them.
    const PhotoMark start = page.oldest_first ? PhotoMark{} : PhotoMark{.taken_at = "~", .id = 0};
    const PhotoMark after = page.after.value_or(start);
    const std::string sql = fmt::format(
        "{} taken_at <> '' AND (taken_at, photo.id) {} (?2, ?3){} AND{} ORDER BY taken_at{}, photo.id{} LIMIT ?4",
        kColumns, page.oldest_first ? ">" : "<",
        // The range, which the index knows, then the exact date.
        page.date.has_value() ? " AND taken_at BETWEEN ?5 AND ?5 || '~' AND substr(taken_at, 1, ?6) = ?5" : "", kShown,
        page.oldest_first ? "" : " DESC", page.oldest_first ? "" : " DESC");
    CALOTYPE_ASSIGN_OR_RETURN(Statement rows, page.date.has_value()
                                                  ? database_->Query(sql, kRaw, after.taken_at, after.id, page.limit,
                                                                     page.date->text, LengthOf(page.date->part))
                                                  : database_->Query(sql, kRaw, after.taken_at, after.id, page.limit));
    CALOTYPE_ASSIGN_OR_RETURN(photos, ReadRows(std::move(rows), RowOf));
  }
  const int left = page.limit - static_cast<int>(photos.size());
  if (left == 0 || (page.date.has_value() && !of_no_date)) {
    return photos;
  }
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database_->Query(fmt::format("{} (taken_at IS NULL OR taken_at = '') AND photo.id > ?2 AND{} ORDER BY photo.id"
                                   " LIMIT ?3",
                                   kColumns, kShown),
                       kRaw, in_undated && page.after.has_value() ? page.after->id : 0, left));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoRow> undated, ReadRows(std::move(rows), RowOf));
  photos.insert(photos.end(), undated.begin(), undated.end());
  return photos;
}

StatusOr<std::vector<PhotoRow>> SqlCatalog::PhotoRows(std::span<const PhotoId> photos) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement row,
      database_->Query(fmt::format("{} photo.id = ?1 AND EXISTS (SELECT 1 FROM file WHERE photo_id = photo.id AND"
                                   " missing = 0)",
                                   kColumns)));
  std::vector<PhotoRow> found;
  found.reserve(photos.size());
  for (const PhotoId photo : photos) {
    row.Bind(photo);
    CALOTYPE_ASSIGN_OR_RETURN(const bool there, row.Step());
    found.push_back(there ? RowOf(row) : PhotoRow{});
  }
  return found;
}

Status SqlCatalog::SetThumbHash(PhotoId photo, std::span<const uint8_t> thumb_hash) {
  const MutexLock lock(&mutex_);
  return database_->Execute("UPDATE photo SET thumb_hash = ?2 WHERE id = ?1", photo, Blob(thumb_hash));
}

// The index counts the photos of each date; then the few that are not shown are subtracted. Looking at each photo takes
// six times as long.
StatusOr<std::vector<DateCount>> SqlCatalog::CountByDate(DatePart part) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database_->Query(
          fmt::format("WITH RECURSIVE dated(taken) AS ({}), counted(taken, photos) AS ({} UNION ALL {} UNION"
                      " ALL {}{} GROUP BY 1) SELECT taken, CAST(sum(photos) AS BIGINT) FROM counted GROUP BY taken"
                      " HAVING sum(photos) > 0 ORDER BY taken = '', taken DESC",
                      kDates, kOfDates, kUndated, kMayBeHidden, kShown),
          kRaw, LengthOf(part)));
  return ReadRows(std::move(rows),
                  [](const Statement& row) { return DateCount{.date = row.Text(0), .photos = row.Int(1)}; });
}

}  // namespace calotype
