#include "pipeline/claimed_photo.h"

#include <fmt/format.h>

#include "base/file_system.h"
#include "storage/photo_storage.h"

namespace calotype {
namespace {

Status Changed(const std::string& path) {
  return absl::AbortedError(fmt::format("{} was changed since it was scanned; the next scan reads it", path));
}

// True when an open file with the stamp `seen` still has the content that it had with the stamp `stored`. If it
// `is_moved`, another machine saw it through another mount, whose times may be others.
StatusOr<bool> IsSameContent(int descriptor, FileSystemKind file_system, bool is_moved, const FileStamp& stored,
                             const FileStamp& seen, const Sha256Digest& sha256) {
  if (CompareStamps(stored, seen, file_system) != StampMatch::kChanged) {
    return true;
  }
  if (stored.size != seen.size || (stored.mtime_ns != seen.mtime_ns && !is_moved)) {
    return false;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const Sha256Digest now, Sha256OfFile(descriptor));
  return now == sha256;
}

}  // namespace

StatusOr<ClaimedFile> ClaimedFile::Open(const PhotoFile& file, const Sha256Digest& sha256) {
  CALOTYPE_ASSIGN_OR_RETURN(StoredPhoto stored, OpenStoredPhoto(file.path));
  CALOTYPE_ASSIGN_OR_RETURN(const bool same, IsSameContent(stored.file.get(), stored.file_system, stored.is_moved,
                                                           file.stamp, stored.stamp, sha256));
  if (!same) {
    return Changed(file.path);
  }
  return ClaimedFile(std::move(stored), file.path, sha256);
}

Status ClaimedFile::CheckUnchanged() const {
  if (is_copy_) {
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const FileStamp stamp, StampOfFile(photo_.file.get()));
  CALOTYPE_ASSIGN_OR_RETURN(const bool same,
                            IsSameContent(photo_.file.get(), file_system_, false, stamp_, stamp, sha256_));
  return same ? absl::OkStatus() : Changed(path_);
}

}  // namespace calotype
