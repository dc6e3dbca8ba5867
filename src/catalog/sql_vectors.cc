// VectorCatalog.
#include <fmt/format.h>

#include "catalog/codec.h"
#include "catalog/library_keys.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

// Vectors per page of ForEachEmbedding: enough to make the cost of locking negligible, and few enough to hold in memory
// (2 MiB of 1,024-d f16).
constexpr int kEmbeddingPage = 1024;

struct EmbeddingPage {
  std::vector<PhotoId> photos;
  std::vector<std::vector<uint16_t>> vectors;
};

StatusOr<EmbeddingPage> ReadEmbeddingPage(Database& database, std::string_view space, bool absent_too, PhotoId after) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query("SELECT photo_id, vector FROM embedding WHERE space = ?1 AND photo_id > ?2 AND (?4 = 1 OR EXISTS"
                     " (SELECT 1 FROM file WHERE file.photo_id = embedding.photo_id AND missing = 0))"
                     " ORDER BY photo_id LIMIT ?3",
                     space, after, kEmbeddingPage, absent_too ? 1 : 0));
  EmbeddingPage page;
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&page](const Statement& row) {
    page.photos.push_back(row.Int(0));
    page.vectors.push_back(FromBlob<uint16_t>(row.Bytes(1)));
  }));
  return page;
}

std::string SegmentsKey(std::string_view space) { return fmt::format("{}{}", kSegmentsKeyPrefix, space); }

}  // namespace

Status SqlCatalog::ForEachEmbedding(std::string_view space, bool absent_too,
                                    const std::function<void(PhotoId, std::span<const uint16_t> halves)>& visit) {
  PhotoId after = 0;
  while (true) {
    StatusOr<EmbeddingPage> page = [&] {
      const MutexLock lock(&mutex_);
      return ReadEmbeddingPage(*database_, space, absent_too, after);
    }();
    CALOTYPE_RETURN_IF_ERROR(page.status());
    if (page->photos.empty()) {
      return absl::OkStatus();
    }
    for (std::size_t i = 0; i < page->photos.size(); ++i) {
      visit(page->photos[i], page->vectors[i]);
    }
    after = page->photos.back();
  }
}

StatusOr<std::optional<std::vector<uint16_t>>> SqlCatalog::Embedding(std::string_view space, PhotoId photo) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement row, database_->Query("SELECT vector FROM embedding WHERE space = ?1 AND photo_id = ?2", space, photo));
  CALOTYPE_ASSIGN_OR_RETURN(const bool found, row.Step());
  return found ? std::optional(FromBlob<uint16_t>(row.Bytes(0))) : std::nullopt;
}

StatusOr<VectorChanges> SqlCatalog::ChangesOfVectors(std::string_view space, int64_t enough) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement row,
      database_->Query("SELECT (SELECT value FROM library WHERE key = 'id'), (SELECT min(id) FROM vector_change),"
                       " (SELECT max(id) FROM vector_change WHERE space = ?1),"
                       " (SELECT count(*) FROM (SELECT 1 FROM embedding WHERE space = ?1 LIMIT ?2) AS counted),"
                       " (SELECT length(vector) FROM embedding WHERE space = ?1 LIMIT 1)",
                       space, enough));
  CALOTYPE_RETURN_IF_ERROR(row.Step().status());
  return VectorChanges{.library = row.Text(0),
                       .first = row.Int(1),
                       .last = row.Int(2),
                       .vectors = row.Int(3),
                       .dimension = static_cast<std::size_t>(row.Int(4)) / sizeof(uint16_t)};
}

StatusOr<std::vector<PhotoId>> SqlCatalog::VectorsChangedSince(std::string_view space, int64_t since) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database_->Query("SELECT DISTINCT photo_id FROM vector_change WHERE space = ?1 AND id > ?2", space, since));
  return PhotoIds(std::move(rows));
}

StatusOr<std::vector<std::string>> SqlCatalog::Spaces() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database_->Query("SELECT DISTINCT space FROM embedding WHERE EXISTS (SELECT 1 FROM file"
                                             " WHERE file.photo_id = embedding.photo_id AND missing = 0)"
                                             " ORDER BY space"));
  return ReadRows(std::move(rows), [](const Statement& row) { return row.Text(0); });
}

StatusOr<std::vector<PhotoId>> SqlCatalog::AbsentPhotos() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database_->Query("SELECT photo_id FROM file AS gone WHERE missing = 1 AND NOT EXISTS"
                                             " (SELECT 1 FROM file WHERE file.photo_id = gone.photo_id AND missing = 0)"
                                             " UNION SELECT id FROM photo WHERE orphaned_at IS NOT NULL"));
  return PhotoIds(std::move(rows));
}

StatusOr<std::optional<std::string>> SqlCatalog::SegmentManifest(std::string_view space) {
  const MutexLock lock(&mutex_);
  return ReadKey(*database_, SegmentsKey(space));
}

StatusOr<bool> SqlCatalog::ReplaceSegmentManifest(std::string_view space, const std::optional<std::string>& former,
                                                  std::string_view next) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<std::string> present, ReadKey(*database_, SegmentsKey(space)));
  if (present != former) {
    return false;
  }
  CALOTYPE_RETURN_IF_ERROR(WriteKey(*database_, SegmentsKey(space), next));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return true;
}

StatusOr<std::vector<std::string>> SqlCatalog::SegmentSpaces() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database_->Query("SELECT substr(key, length(?1) + 1) FROM library"
                                                             " WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key",
                                                             kSegmentsKeyPrefix));
  return ReadRows(std::move(rows), [](const Statement& row) { return row.Text(0); });
}

}  // namespace calotype
