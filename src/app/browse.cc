#include "app/browse.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include "app/findings_json.h"
#include "app/folders.h"
#include "app/scanned_files.h"
#include "photo/photo_reader.h"
#include "storage/photo_storage.h"

namespace calotype {

StatusOr<std::vector<PhotoRow>> ListPhotos(Library& library, const PhotoPage& page) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->ListPhotos(page);
}

StatusOr<std::vector<PhotoRow>> PhotoRows(Library& library, std::span<const PhotoId> photos) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->PhotoRows(photos);
}

StatusOr<DateCounts::Counts> CountByDate(Library& library, DatePart part) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return library.date_counts().Get(*catalog, part);
}

StatusOr<PhotoRecord> FindPhoto(Library& library, PhotoId photo) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(PhotoRecord record, catalog->GetPhoto(photo));
  const auto gone = std::ranges::stable_partition(record.paths, IsFileThere);
  record.present_paths = record.paths.size() - gone.size();
  return record;
}

StatusOr<std::vector<PhotoId>> PhotosOfCompanions(Library& library, const PhotoRecord& photo) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  std::vector<PhotoId> photos;
  for (const Companion& companion : photo.companions) {
    PhotoId other = 0;
    if (companion.kind == CompanionKind::kRaw) {
      const StatusOr<PhotoId> found = catalog->FindByPath(CompanionPath(photo, companion));
      if (!found.ok() && !absl::IsNotFound(found.status())) {
        return found.status();
      }
      other = found.value_or(0);
    }
    photos.push_back(other);
  }
  return photos;
}

StatusOr<OriginalFile> OpenOriginal(Library& library, const PhotoRecord& photo) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> folders, ScannedFolders(library));
  const std::unique_ptr<PhotoReader> reader = CreatePhotoReader();
  for (const std::string& path : photo.paths) {
    const std::optional<std::filesystem::path> real = RealPathBelow(path, folders);
    if (!real.has_value()) {
      continue;
    }
    StatusOr<StoredPhoto> stored = OpenStoredPhoto(StoredPath(real->native()));
    if (!stored.ok()) {
      continue;
    }
    if (const PhotoFormat format = reader->DetectFormat(stored->file.get()); format != PhotoFormat::kUnknown) {
      return OriginalFile{.file = std::move(stored->file),
                          .path = path,
                          .bytes = static_cast<uint64_t>(stored->stamp.size),
                          .format = format};
    }
  }
  return absl::NotFoundError(fmt::format("no file of photo {} is on the disk", photo.id));
}

}  // namespace calotype
