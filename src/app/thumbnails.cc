#include "app/thumbnails.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <vector>

#include "analysis/image_ops.h"
#include "app/face_picture.h"
#include "base/log.h"
#include "photo/encode.h"
#include "photo/photo_reader.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// Of the budget: what is left after tidying up, so that this happens seldom.
constexpr double kKept = 0.9;
// The time of use is as exact as this: writing it each time would cost more than it is worth.
constexpr std::chrono::hours kUseResolution{24};

std::string_view Extension(PhotoFormat format) {
  return format == PhotoFormat::kWebp ? "webp" : format == PhotoFormat::kAvif ? "avif" : "jpg";
}

StatusOr<ThumbnailFile> Open(const fs::path& path) {
  CALOTYPE_ASSIGN_OR_RETURN(UniqueFd file, OpenForReading(path));
  struct stat status{};
  if (fstat(file.get(), &status) != 0) {
    return ErrnoStatus(errno, "cannot look at " + path.string());
  }
  return ThumbnailFile{.file = std::move(file), .bytes = static_cast<uint64_t>(status.st_size)};
}

void NoteUse(const fs::path& path) {
  std::error_code error;
  const auto now = fs::file_time_type::clock::now();
  if (now - fs::last_write_time(path, error) > kUseResolution && !error) {
    fs::last_write_time(path, now, error);
  }
}

struct StoredThumbnail {
  fs::path path;
  fs::file_time_type used;
  int64_t bytes = 0;
};

std::vector<StoredThumbnail> AllIn(const fs::path& folder) {
  std::vector<StoredThumbnail> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored)) {
      files.push_back({.path = it->path(),
                       .used = it->last_write_time(ignored),
                       .bytes = static_cast<int64_t>(it->file_size(ignored))});
    }
  }
  return files;
}

StatusOr<Box> BoxOf(const PhotoRecord& photo, FaceId face) {
  const auto found = std::ranges::find(photo.face_ids, face);
  if (found == photo.face_ids.end() || !photo.findings.faces.has_value()) {
    return absl::NotFoundError(fmt::format("photo {} has no face {}", photo.id, face));
  }
  return photo.findings.faces->at(static_cast<std::size_t>(found - photo.face_ids.begin())).box;
}

}  // namespace

ThumbnailSize ThumbnailSizeOf(std::string_view name) {
  const auto* const found = std::ranges::find(kThumbnailSizeNames, name);
  return found == kThumbnailSizeNames.end() ? ThumbnailSize::kSmall
                                            : static_cast<ThumbnailSize>(found - kThumbnailSizeNames.begin());
}

int LongSideOf(ThumbnailSize size) {
  constexpr int kSmall = 256;
  constexpr int kMedium = 720;
  constexpr int kLarge = 1600;
  return size == ThumbnailSize::kSmall ? kSmall : size == ThumbnailSize::kMedium ? kMedium : kLarge;
}

fs::path Thumbnails::PathOf(const PhotoRecord& photo, std::string_view name, PhotoFormat format) const {
  const std::string hash = photo.sha256.Hex();
  return folder_ / hash.substr(0, 2) / fmt::format("{}-{}.{}", hash, name, Extension(format));
}

StatusOr<ThumbnailFile> Thumbnails::Get(const PhotoRecord& photo, ThumbnailSize size, PhotoFormat format) {
  const int long_side = LongSideOf(size);
  return GetOrMake(
      photo, std::to_string(long_side), long_side, format, [&](const OriginalFile& original) -> StatusOr<Image> {
        DecodeLimits limits = library_.app().settings().Limits();
        limits.target_long_side = long_side;
        CALOTYPE_ASSIGN_OR_RETURN(DecodeAnswer decoded,
                                  CreatePhotoReader()->Decode({.photo = original.file.get(), .limits = limits}));
        KeepThumbHash(photo, decoded.photo.value().image);
        return std::move(decoded.photo->image);
      });
}

StatusOr<std::string> Thumbnails::NameOfFace(const PhotoRecord& photo, FaceId face) {
  CALOTYPE_ASSIGN_OR_RETURN(const Box box, BoxOf(photo, face));
  return fmt::format("face-{:.0f}-{:.0f}-{:.0f}-{:.0f}", box.x, box.y, box.width, box.height);
}

StatusOr<ThumbnailFile> Thumbnails::GetFace(const PhotoRecord& photo, FaceId face, PhotoFormat format) {
  CALOTYPE_ASSIGN_OR_RETURN(const Box box, BoxOf(photo, face));
  CALOTYPE_ASSIGN_OR_RETURN(const std::string name, NameOfFace(photo, face));
  return GetOrMake(photo, name, kFaceSide, format, [&](const OriginalFile& original) {
    return FacePicture(original.file.get(), photo, box, kFaceSide, library_.app().settings().Limits());
  });
}

StatusOr<ThumbnailFile> Thumbnails::GetOrMake(const PhotoRecord& photo, std::string_view name, int long_side,
                                              PhotoFormat format, const MakeImage& make) {
  const fs::path path = PathOf(photo, name, format);
  if (StatusOr<ThumbnailFile> made = Open(path); made.ok()) {
    NoteUse(path);
    return made;
  }
  const MutexLock lock(&making_[photo.sha256.bytes[0] % kLocks]);
  if (StatusOr<ThumbnailFile> made = Open(path); made.ok()) {
    return made;  // by another thread, meanwhile
  }
  CALOTYPE_ASSIGN_OR_RETURN(const OriginalFile original, OpenOriginal(library_, photo));
  CALOTYPE_ASSIGN_OR_RETURN(Image image, make(original));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, EncodeThumbnail(std::move(image), long_side, format));
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (const Status written = WriteFileAtomically(path, bytes); !written.ok()) {
    // A full or read-only disk is no reason to show nothing.
    LogWarning("a thumbnail cannot be kept: {}", Message(written));
    CALOTYPE_ASSIGN_OR_RETURN(UniqueFd file, MakeMemoryFile("thumbnail", bytes));
    return ThumbnailFile{.file = std::move(file), .bytes = bytes.size()};
  }
  Tidy(static_cast<int64_t>(bytes.size()));
  return Open(path);
}

// Photos that earlier versions scanned have none.
void Thumbnails::KeepThumbHash(const PhotoRecord& photo, const Image& image) {
  if (!photo.properties.has_value() || !photo.properties->thumb_hash.empty()) {
    return;
  }
  if (const StatusOr<CatalogLease> catalog = library_.Catalogue(); catalog.ok()) {
    // A later thumbnail tries again.
    (*catalog)->SetThumbHash(photo.id, ThumbHashOf(image)).IgnoreError();
  }
}

void Thumbnails::Tidy(int64_t added) {
  const MutexLock lock(&mutex_);
  if (bytes_ >= 0 && bytes_ + added <= budget_) {
    bytes_ += added;
    return;
  }
  std::vector<StoredThumbnail> files = AllIn(folder_);
  bytes_ = 0;
  for (const StoredThumbnail& file : files) {
    bytes_ += file.bytes;
  }
  if (bytes_ <= budget_) {
    return;
  }
  std::ranges::sort(files, {}, &StoredThumbnail::used);
  const auto kept = static_cast<int64_t>(static_cast<double>(budget_) * kKept);
  for (const StoredThumbnail& file : files) {
    std::error_code error;
    // The newest stays, however large: somebody waits for it.
    if (bytes_ <= kept || &file == &files.back()) {
      break;
    }
    if (fs::remove(file.path, error)) {
      bytes_ -= file.bytes;
    }
  }
}

}  // namespace calotype
