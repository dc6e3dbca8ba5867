#include "search/segments/segment_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/sha256.h"
#include "storage/photo_storage.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

StatusOr<int64_t> BytesOfFile(const UniqueFd& file) {
  struct stat info{};
  if (fstat(file.get(), &info) != 0) {
    return ErrnoStatus(errno, "read the size of a segment's file");
  }
  return info.st_size;
}

// Adds what is missing of `part`, an open file.
Status FetchRest(const std::string& from, const SegmentFile& file, const UniqueFd& part, const std::stop_token& stop) {
  CALOTYPE_ASSIGN_OR_RETURN(int64_t bytes, BytesOfFile(part));
  if (bytes > file.bytes || lseek(part.get(), bytes, SEEK_SET) != bytes) {
    return absl::DataLossError(fmt::format("the copy of {} is longer than the file", from));
  }
  if (bytes == file.bytes) {
    return absl::OkStatus();
  }
  const auto write = [&](std::span<const uint8_t> piece) -> Status {
    bytes += static_cast<int64_t>(piece.size());
    return bytes <= file.bytes ? WriteAll(part.get(), piece)
                               : absl::DataLossError(fmt::format("{} has more than {} bytes", from, file.bytes));
  };
  CALOTYPE_RETURN_IF_ERROR(StoredFiles::Read(from, bytes, write, stop));
  return bytes == file.bytes ? absl::OkStatus()
                             : absl::DataLossError(fmt::format("{} has {} bytes, not {}", from, bytes, file.bytes));
}

}  // namespace

std::string FolderOfSpace(std::string_view space) {
  std::string name(space);
  std::ranges::replace_if(name, [](char c) { return c == '/' || c == '.' || c == '\0'; }, '_');
  return name;
}

std::string SegmentStore::PathOf(std::string_view space, const SegmentFile& file) const {
  return fmt::format("{}/{}/{}", address_, FolderOfSpace(space), file.sha256);
}

StatusOr<SegmentFile> SegmentStore::Put(std::string_view space, const UniqueFd& file,
                                        const std::stop_token& stop) const {
  SegmentFile result;
  CALOTYPE_ASSIGN_OR_RETURN(result.bytes, BytesOfFile(file));
  CALOTYPE_ASSIGN_OR_RETURN(const Sha256Digest hash, Sha256OfFile(file.get()));
  result.sha256 = hash.Hex();
  const std::string path = PathOf(space, result);
  const StatusOr<FileStamp> there = StampOfStoredPhoto(path, stop);
  if (there.ok() && there->size == result.bytes) {
    return result;
  }
  if (!there.ok() && !absl::IsNotFound(there.status())) {
    return there.status();
  }
  CALOTYPE_RETURN_IF_ERROR(StoredFiles::Write(path, file, result.bytes, result.sha256, stop));
  return result;
}

Status SegmentStore::Fetch(std::string_view space, const SegmentFile& file, const fs::path& to,
                           const std::stop_token& stop) const {
  std::error_code error;
  if (fs::exists(to, error)) {
    return absl::OkStatus();
  }
  fs::create_directories(to.parent_path(), error);
  const fs::path part = to.string() + ".part";
  const UniqueFd copy(open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (copy.get() < 0) {
    return ErrnoStatus(errno, fmt::format("create {}", part.string()));
  }
  const std::string from = PathOf(space, file);
  Status status = FetchRest(from, file, copy, stop);
  if (status.ok()) {
    CALOTYPE_ASSIGN_OR_RETURN(const Sha256Digest hash, Sha256OfFile(copy.get()));
    if (hash.Hex() != file.sha256) {
      status = absl::DataLossError(fmt::format("{} does not match its hash", from));
    }
  }
  if (absl::IsDataLoss(status)) {
    fs::remove(part, error);  // the next try begins anew
  }
  CALOTYPE_RETURN_IF_ERROR(status);
  if (fsync(copy.get()) != 0 || rename(part.c_str(), to.c_str()) != 0) {
    return ErrnoStatus(errno, fmt::format("write {}", to.string()));
  }
  return absl::OkStatus();
}

Status SegmentStore::Remove(std::string_view space, const SegmentFile& file, const std::stop_token& stop) const {
  return StoredFiles::Remove(PathOf(space, file), stop);
}

}  // namespace calotype
