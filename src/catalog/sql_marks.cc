// MarkCatalog.
#include <fmt/format.h>

#include <iterator>
#include <set>
#include <utility>

#include "catalog/decision_journal.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

Status SetMark(Database& database, PhotoId photo, int mark, bool set) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto known, database.QueryInt("SELECT id FROM photo WHERE id = ?1", photo));
  if (!known.has_value()) {
    return absl::NotFoundError(fmt::format("there is no photo {}", photo));
  }
  return database.Execute(set ? "INSERT INTO photo_mark(photo_id, mark) VALUES (?1, ?2) ON CONFLICT DO NOTHING"
                              : "DELETE FROM photo_mark WHERE photo_id = ?1 AND mark = ?2",
                          photo, mark);
}

}  // namespace

StatusOr<Decided> SqlCatalog::MarkPhotos(UserMark mark, std::span<const PhotoId> photos, bool set) {
  const MutexLock lock(&mutex_);
  const int number = static_cast<int>(mark);
  const std::set<PhotoId> chosen(photos.begin(), photos.end());
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  DecisionScope scope;
  for (const PhotoId photo : chosen) {
    scope.keys.push_back({.kind = DecidedKind::kMark, .id = photo, .other = number});
  }
  CALOTYPE_ASSIGN_OR_RETURN(DecisionRecorder recorder, DecisionRecorder::Begin(*database_, std::move(scope)));
  for (const PhotoId photo : chosen) {
    CALOTYPE_RETURN_IF_ERROR(SetMark(*database_, photo, number, set));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const Decided decision, recorder.Finish(set ? DecisionKind::kMark : DecisionKind::kUnmark,
                                                                    {.count = std::ssize(chosen), .mark = mark}));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return decision;
}

StatusOr<std::vector<PhotoId>> SqlCatalog::PhotosWithMark(UserMark mark, PhotoId after, int limit) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows, database_->Query("SELECT photo_id FROM photo_mark WHERE mark = ?1 AND photo_id > ?2 AND EXISTS"
                                       " (SELECT 1 FROM file WHERE file.photo_id = photo_mark.photo_id AND missing = 0)"
                                       " ORDER BY photo_id LIMIT ?3",
                                       static_cast<int>(mark), after, limit));
  return PhotoIds(std::move(rows));
}

StatusOr<int64_t> SqlCatalog::CountMarked(UserMark mark) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(
      const auto count, database_->QueryInt("SELECT count(*) FROM photo_mark WHERE mark = ?1 AND EXISTS (SELECT 1 FROM"
                                            " file WHERE file.photo_id = photo_mark.photo_id AND missing = 0)",
                                            static_cast<int>(mark)));
  return count.value_or(0);
}

}  // namespace calotype
