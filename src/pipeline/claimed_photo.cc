#include "pipeline/claimed_photo.h"

#include <fmt/format.h>

#include "base/file_system.h"

namespace calotype {
namespace {

Status Changed(const std::string& path) {
  return absl::AbortedError(fmt::format("{} was changed since it was scanned; the next scan reads it", path));
}

// True when an open file with the stamp `seen` still has the content that it had with the stamp `stored`.
StatusOr<bool> IsSameContent(int descriptor, const FileStamp& stored, const FileStamp& seen,
                             const Sha256Digest& sha256) {
  if (CompareStamps(stored, seen, FileSystemOf(descriptor)) != StampMatch::kChanged) {
    return true;
  }
  if (stored.size != seen.size || stored.mtime_ns != seen.mtime_ns) {
    return false;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const Sha256Digest now, Sha256OfFile(descriptor));
  return now == sha256;
}

}  // namespace

StatusOr<ClaimedFile> ClaimedFile::Open(const PhotoFile& file, const Sha256Digest& sha256) {
  CALOTYPE_ASSIGN_OR_RETURN(UniqueFd descriptor, OpenForReading(file.path));
  CALOTYPE_ASSIGN_OR_RETURN(const FileStamp stamp, StampOfFile(descriptor.get()));
  CALOTYPE_ASSIGN_OR_RETURN(const bool same, IsSameContent(descriptor.get(), file.stamp, stamp, sha256));
  if (!same) {
    return Changed(file.path);
  }
  return ClaimedFile(std::move(descriptor), file.path, stamp, sha256);
}

Status ClaimedFile::CheckUnchanged() const {
  CALOTYPE_ASSIGN_OR_RETURN(const FileStamp stamp, StampOfFile(photo_.file.get()));
  CALOTYPE_ASSIGN_OR_RETURN(const bool same, IsSameContent(photo_.file.get(), stamp_, stamp, sha256_));
  return same ? absl::OkStatus() : Changed(path_);
}

}  // namespace calotype
