// Reads a claimed photo, but only from a file that still has the content under which the photo was stored.
#pragma once

#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/file_stamp.h"
#include "base/sha256.h"
#include "base/status.h"
#include "catalog/work_source.h"
#include "pipeline/open_photo.h"
#include "storage/photo_storage.h"

namespace calotype {

// One file of a claimed photo, open.
class ClaimedFile {
 public:
  // kAborted when the file was changed since its stamp was stored: it may be another photo now. When only ctime or
  // inode differ (chmod, rename, a restored backup), its content is hashed to find out. Other errors as for
  // OpenStoredPhoto().
  static StatusOr<ClaimedFile> Open(const PhotoFile& file, const Sha256Digest& sha256);

  // Call it after reading: kAborted when the content was changed since Open().
  Status CheckUnchanged() const;

  // The open file, and the sidecars once they were opened.
  const OpenPhoto& photo() const { return photo_; }
  void OpenSidecarsOf(std::span<const std::string> paths) { OpenSidecars(paths, photo_); }

 private:
  ClaimedFile(StoredPhoto stored, std::string path, const Sha256Digest& sha256)
      : photo_{.file = std::move(stored.file), .sidecars = {}, .unread_sidecar = ""},
        path_(std::move(path)),
        stamp_(stored.stamp),
        file_system_(stored.file_system),
        is_copy_(stored.is_copy),
        sha256_(sha256) {}

  OpenPhoto photo_;
  std::string path_;
  FileStamp stamp_;  // at Open()
  FileSystemKind file_system_;
  bool is_copy_;  // of an object: nothing can change it
  Sha256Digest sha256_;
};

// Calls `read` with the first file of the photo that is unchanged before and after the call, and with its sidecars;
// returns the answer of `read`, a StatusOr. When there is no such file, and at least one was changed: kAborted. The
// photo should then become pending again; the next scan finds out what the changed file contains. When no file can be
// opened: the error of opening the last one.
template <typename Read>
auto ReadClaimed(const WorkItem& item, const Read& read) -> std::invoke_result_t<Read, const OpenPhoto&> {
  std::vector<std::string> paths;  // sidecars of changed files belong to another photo
  for (const PhotoFile& file : item.files) {
    paths.push_back(file.path);
  }
  Status changed;
  Status status = absl::NotFoundError("no file contains this photo any more");
  for (const PhotoFile& file : item.files) {
    StatusOr<ClaimedFile> claimed = ClaimedFile::Open(file, item.sha256);
    status = claimed.status();
    if (status.ok()) {
      claimed->OpenSidecarsOf(paths);
      auto answer = read(claimed->photo());
      status = claimed->CheckUnchanged();
      if (status.ok()) {
        return answer;
      }
    }
    if (absl::IsAborted(status)) {
      std::erase(paths, file.path);
      changed = status;
    }
  }
  return changed.ok() ? status : changed;
}

}  // namespace calotype
