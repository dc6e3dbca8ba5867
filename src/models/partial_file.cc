#include "models/partial_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "base/units.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockBytes = 1 << 20;
// Reserved for manifests and other small files written meanwhile.
constexpr int64_t kSpareBytes = 16 << 20;

fs::path PartialPath(const fs::path& target) { return target.string() + ".partial"; }
fs::path EtagPath(const fs::path& partial) { return partial.string() + ".etag"; }

Status FullDisk(const fs::path& path, std::string_view reason) {
  return absl::ResourceExhaustedError(fmt::format(
      "no space for {}: {}; the downloaded part is kept. Free space or change models.folder, then run this again",
      path.string(), reason));
}

bool IsFull(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

}  // namespace

PartialFile::PartialFile(const fs::path& target, UniqueFd file) : path_(PartialPath(target)), file_(std::move(file)) {}

StatusOr<PartialFile> PartialFile::Open(const fs::path& target) {
  std::error_code error;
  fs::create_directories(target.parent_path(), error);
  const fs::path path = PartialPath(target);
  UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (file.get() < 0) {
    return ErrnoStatus(errno, fmt::format("cannot write {}", path.string()));
  }
  PartialFile partial(target, std::move(file));
  CALOTYPE_RETURN_IF_ERROR(partial.ReadWhatIsThere());
  return partial;
}

Status PartialFile::ReadWhatIsThere() {
  std::vector<uint8_t> block(kBlockBytes);
  while (true) {
    const ssize_t count = read(file_.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return ErrnoStatus(errno, fmt::format("cannot read {}", path_.string()));
    }
    if (count == 0) {
      break;
    }
    hasher_.Add({block.data(), static_cast<std::size_t>(count)});
    size_ += count;
  }
  if (const StatusOr<std::string> text = ReadTextFile(EtagPath(path_)); text.ok()) {
    const std::size_t line = text->find('\n');
    hub_etag_ = text->substr(0, line);
    etag_ = line == std::string::npos ? "" : text->substr(line + 1, text->find('\n', line + 1) - line - 1);
  }
  return absl::OkStatus();
}

Status PartialFile::Restart() {
  if (ftruncate(file_.get(), 0) != 0 || lseek(file_.get(), 0, SEEK_SET) != 0) {
    return ErrnoStatus(errno, fmt::format("cannot empty {}", path_.string()));
  }
  hasher_ = Sha256Hasher();
  size_ = 0;
  hub_etag_.clear();
  etag_.clear();
  return absl::OkStatus();
}

Status PartialFile::Describe(const std::string& hub_etag, const std::string& etag) {
  if (hub_etag == hub_etag_ && etag == etag_) {
    return absl::OkStatus();
  }
  hub_etag_ = hub_etag;
  etag_ = etag;
  const std::string text = fmt::format("{}\n{}\n", hub_etag_, etag_);
  const Status written =
      WriteFileAtomically(EtagPath(path_), {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  return absl::IsResourceExhausted(written) ? FullDisk(path_, Message(written)) : written;
}

Status PartialFile::Append(std::span<const uint8_t> data) {
  hasher_.Add(data);
  while (!data.empty()) {
    const ssize_t count = write(file_.get(), data.data(), data.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      const int error = errno;
      return IsFull(error) ? FullDisk(path_, std::generic_category().message(error))
                           : ErrnoStatus(error, fmt::format("cannot write {}", path_.string()));
    }
    size_ += count;
    data = data.subspan(static_cast<std::size_t>(count));
  }
  return absl::OkStatus();
}

Status PartialFile::Sync() {
  if (fsync(file_.get()) == 0) {
    return absl::OkStatus();
  }
  const int error = errno;  // A full disk may be reported as late as here.
  return IsFull(error) ? FullDisk(path_, std::generic_category().message(error))
                       : ErrnoStatus(error, fmt::format("cannot sync {}", path_.string()));
}

void PartialFile::Delete() {
  std::error_code error;
  fs::remove(path_, error);
  fs::remove(EtagPath(path_), error);
}

Status PartialFile::Place(const fs::path& target) {
  const fs::path partial = PartialPath(target);
  std::error_code error;
  fs::rename(partial, target, error);
  if (error) {
    return absl::InternalError(
        fmt::format("cannot rename {} to {}: {}", partial.string(), target.string(), error.message()));
  }
  fs::remove(EtagPath(partial), error);
  return SyncFolder(target.parent_path());
}

Status CheckFreeSpace(const fs::path& folder, int64_t bytes, std::string_view setting) {
  std::error_code error;
  fs::path existing = folder;
  while (!fs::exists(existing, error) && existing.has_relative_path()) {
    existing = existing.parent_path();
  }
  const fs::space_info space = fs::space(existing, error);
  if (error || bytes <= 0 || space.available >= static_cast<uintmax_t>(bytes + kSpareBytes)) {
    return absl::OkStatus();  // When free space is unknown, a full disk is reported by the write.
  }
  return absl::ResourceExhaustedError(fmt::format("{} has {} free, but {} are needed; free space or change {}",
                                                  existing.string(), FormatBytes(static_cast<int64_t>(space.available)),
                                                  FormatBytes(bytes + kSpareBytes), setting));
}

}  // namespace calotype
