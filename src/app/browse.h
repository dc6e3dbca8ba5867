// Photos by number, page by page, and their files.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "app/library.h"
#include "base/file.h"
#include "base/status.h"
#include "catalog/browse_catalog.h"

namespace calotype {

// As the methods of BrowseCatalog. The counts are kept until a photo changes.
StatusOr<std::vector<PhotoRow>> ListPhotos(Library& library, const PhotoPage& page);
StatusOr<std::vector<PhotoRow>> PhotoRows(Library& library, std::span<const PhotoId> photos);
StatusOr<DateCounts::Counts> CountByDate(Library& library, DatePart part);

// The record of a photo. Its present paths are those of the files that are on the disk now. kNotFound for an unknown
// number.
StatusOr<PhotoRecord> FindPhoto(Library& library, PhotoId photo);

// For each of its companions the number of the photo that this file is, which is the other one of a RAW and JPEG pair;
// 0 for a file that is no photo.
StatusOr<std::vector<PhotoId>> PhotosOfCompanions(Library& library, const PhotoRecord& photo);

struct OriginalFile {
  UniqueFd file;
  std::string path;
  uint64_t bytes = 0;
  PhotoFormat format = PhotoFormat::kUnknown;
};

// Opens the file of a photo, for somebody else to read it. What lies at its path now may be anything: it must be a
// photo, and below one of the scanned folders once links are followed.
//   kNotFound  no file of the photo is on the disk, or none of them may be given away
StatusOr<OriginalFile> OpenOriginal(Library& library, const PhotoRecord& photo);

}  // namespace calotype
