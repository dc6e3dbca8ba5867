// Small copies of photos for lists and screens, kept in a folder of limited size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "app/browse.h"
#include "app/library.h"
#include "base/file.h"
#include "base/mutex.h"
#include "base/status.h"
#include "catalog/catalog.h"

namespace calotype {

enum class ThumbnailSize : uint8_t { kSmall, kMedium, kLarge };

// The names by which clients choose a size, in the order of the values.
inline constexpr std::array<std::string_view, 3> kThumbnailSizeNames = {"small", "medium", "large"};
// kSmall for any other name.
ThumbnailSize ThumbnailSizeOf(std::string_view name);

// The long side in pixels: 256 for grids, 720 for large grids and phones, 1600 for whole screens.
int LongSideOf(ThumbnailSize size);

// The side of pictures of faces, in pixels.
inline constexpr int kFaceSide = 256;

struct ThumbnailFile {
  UniqueFd file;
  uint64_t bytes = 0;
};

// Thread-safe: the same thumbnail is made once, others are made at the same time.
class Thumbnails {
 public:
  // Files are kept in `folder`, those used last up to `budget` bytes.
  Thumbnails(Library& library, std::filesystem::path folder, int64_t budget)
      : library_(library), folder_(std::move(folder)), budget_(budget) {}

  // kJpeg, kWebp or kAvif; see EncodeThumbnail(). Errors as for PhotoReader::Decode(), and those of OpenOriginal().
  StatusOr<ThumbnailFile> Get(const PhotoRecord& photo, ThumbnailSize size, PhotoFormat format);
  // The picture of a face of the photo (FacePicture()), kFaceSide pixels wide and high. kNotFound if the photo has no
  // such face.
  StatusOr<ThumbnailFile> GetFace(const PhotoRecord& photo, FaceId face, PhotoFormat format);
  // Two faces of one photo, or one face at two places, have different names.
  static StatusOr<std::string> NameOfFace(const PhotoRecord& photo, FaceId face);

 private:
  using MakeImage = std::function<StatusOr<Image>(const OriginalFile& original)>;

  std::filesystem::path PathOf(const PhotoRecord& photo, std::string_view name, PhotoFormat format) const;
  // The file of the photo with this name, which is made if it is not there.
  StatusOr<ThumbnailFile> GetOrMake(const PhotoRecord& photo, std::string_view name, int long_side, PhotoFormat format,
                                    const MakeImage& make);
  void KeepThumbHash(const PhotoRecord& photo, const Image& image);
  // Deletes the files that were not used for longest if all of them together are over the budget.
  void Tidy(int64_t added) ABSL_LOCKS_EXCLUDED(mutex_);

  Library& library_;
  const std::filesystem::path folder_;
  const int64_t budget_;
  static constexpr std::size_t kLocks = 64;
  std::array<Mutex, kLocks> making_;  // by the photo's hash
  Mutex mutex_;
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = -1;  // of all files; -1: not yet known
};

}  // namespace calotype
