#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>

#include "base/unfinished_writes.h"

namespace calotype {
namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

constexpr std::size_t kReadFileLimit = std::size_t{1} << 30;
// In the name of a temporary file, so that nobody else's file is taken for one.
constexpr std::string_view kUnfinishedMark = ".calotype-";
constexpr std::size_t kUnfinishedDigits = 6;

// The name of the process's file without a name, for linkat().
std::string ProcPath(int descriptor) { return fmt::format("/proc/self/fd/{}", descriptor); }

struct Unfinished {
  UniqueFd file;
  std::string name;  // empty: it has none, and vanishes with the process
};

// Fails on file systems without such files (NFS, FUSE, FAT), and where /proc is not mounted.
StatusOr<Unfinished> OpenNameless(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  UniqueFd file(open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  if (file.get() < 0 || access(ProcPath(file.get()).c_str(), F_OK) != 0) {
    return ErrnoStatus(errno, "cannot create a file without a name");
  }
  return Unfinished{.file = std::move(file), .name = {}};
}

// The lock tells others that the process lives.
StatusOr<Unfinished> OpenNamed(const std::filesystem::path& path) {
  std::string name = fmt::format("{}{}{}", path.string(), kUnfinishedMark, std::string(kUnfinishedDigits, 'X'));
  UniqueFd file(mkostemp(name.data(), O_CLOEXEC));
  if (file.get() < 0) {
    return ErrnoStatus(errno, fmt::format("cannot create a temporary file beside {}", path.string()));
  }
  flock(file.get(), LOCK_EX);
  return Unfinished{.file = std::move(file), .name = std::move(name)};
}

// A file without a name cannot replace another one: it gets a name of its own first.
Status GiveName(const std::filesystem::path& path, Unfinished& file) {
  static std::atomic<uint32_t> next = 0;
  constexpr int kAttempts = 1000;
  flock(file.file.get(), LOCK_EX);
  for (int i = 0; i < kAttempts; ++i) {
    const uint32_t number = (static_cast<uint32_t>(getpid()) * 4099U + next++) & 0xFFFFFFU;
    std::string name = fmt::format("{}{}{:06x}", path.string(), kUnfinishedMark, number);
    if (linkat(AT_FDCWD, ProcPath(file.file.get()).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
      file.name = std::move(name);
      return absl::OkStatus();
    }
    if (errno != EEXIST) {
      return ErrnoStatus(errno, "link");
    }
  }
  return absl::AlreadyExistsError(fmt::format("all names for a temporary file are taken beside {}", path.string()));
}

}  // namespace

Status RenameWithoutReplacing(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
    return absl::OkStatus();
  }
  const int error = errno;
  const std::string what = fmt::format("cannot move {} to {}", from.string(), to.string());
  if (error == EXDEV) {
    return absl::FailedPreconditionError(what + ": it is on another file system");
  }
  if (error == EINVAL || error == ENOSYS) {
    return absl::FailedPreconditionError(what + ": this file system cannot move a file without replacing another one");
  }
  return ErrnoStatus(error, what);
}

UniqueFd::~UniqueFd() {
  if (descriptor_ >= 0) {
    close(descriptor_);
  }
}

Status ErrnoStatus(int error, std::string_view what) { return absl::ErrnoToStatus(error, std::string(what)); }

bool IsAtOrBelow(const std::filesystem::path& path, const std::filesystem::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

StatusOr<UniqueFd> OpenForReading(const std::filesystem::path& path) {
  UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    return ErrnoStatus(errno, fmt::format("cannot open {}", path.string()));
  }
  struct stat info{};
  if (fstat(file.get(), &info) != 0) {
    return ErrnoStatus(errno, fmt::format("cannot read {}", path.string()));
  }
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(fmt::format("{} is not a regular file", path.string()));
  }
  return file;
}

StatusOr<std::vector<uint8_t>> ReadAll(int descriptor, std::size_t max_bytes, std::string_view setting) {
  struct stat info{};
  if (fstat(descriptor, &info) != 0) {
    return ErrnoStatus(errno, "cannot read");
  }
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > max_bytes) {
    return absl::ResourceExhaustedError(
        fmt::format("the file has {} bytes, the limit is {} ({})", size, max_bytes, setting));
  }
  std::vector<uint8_t> data(size);
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t count = pread(descriptor, data.data() + filled, size - filled, static_cast<off_t>(filled));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return ErrnoStatus(errno, "cannot read");
    }
    if (count == 0) {
      break;  // The file was truncated while it was read; the caller handles it like any truncated file.
    }
    filled += static_cast<std::size_t>(count);
  }
  data.resize(filled);
  return data;
}

StatusOr<std::vector<uint8_t>> ReadFile(const std::filesystem::path& path) {
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file, OpenForReading(path));
  auto data = ReadAll(file.get(), kReadFileLimit, "fixed");
  return data.ok() ? std::move(data) : Annotate(data.status(), path.string());
}

StatusOr<std::string> ReadTextFile(const std::filesystem::path& path) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> data, ReadFile(path));
  return std::string(data.begin(), data.end());
}

Status WriteAll(int descriptor, std::span<const uint8_t> data) {
  while (!data.empty()) {
    const ssize_t count = write(descriptor, data.data(), data.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return ErrnoStatus(errno, "write");
    }
    data = data.subspan(static_cast<std::size_t>(count));
  }
  return absl::OkStatus();
}

StatusOr<UniqueFd> MakeMemoryFile(const char* name, std::span<const uint8_t> data) {
  UniqueFd file(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (file.get() < 0) {
    return ErrnoStatus(errno, "create a file in memory");
  }
  CALOTYPE_RETURN_IF_ERROR(WriteAll(file.get(), data));
  CALOTYPE_RETURN_IF_ERROR(SealFile(file));
  return file;
}

Status SealFile(const UniqueFd& file) {
  return fcntl(file.get(), F_ADD_SEALS, kSeals) == 0 ? absl::OkStatus() : ErrnoStatus(errno, "seal a file in memory");
}

bool IsSealed(const UniqueFd& file) {
  const int seals = fcntl(file.get(), F_GET_SEALS);
  return seals >= 0 && (seals & kSeals) == kSeals;
}

Status SyncFolder(const std::filesystem::path& folder) {
  const UniqueFd file(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.get() < 0 || fsync(file.get()) != 0) {
    return ErrnoStatus(errno, fmt::format("cannot sync {}", folder.string()));
  }
  return absl::OkStatus();
}

Status WriteFileAtomically(const std::filesystem::path& path, std::span<const uint8_t> data, mode_t mode) {
  struct stat existing{};
  mode = stat(path.c_str(), &existing) == 0 ? existing.st_mode & 07777 : mode;
  StatusOr<Unfinished> file = OpenNameless(path);
  if (!file.ok()) {
    file = OpenNamed(path);
  }
  CALOTYPE_RETURN_IF_ERROR(file.status());
  Status status = WriteAll(file->file.get(), data);
  if (status.ok() && (fchmod(file->file.get(), mode) != 0 || fsync(file->file.get()) != 0)) {
    status = ErrnoStatus(errno, "sync");
  }
  if (status.ok() && file->name.empty()) {
    status = GiveName(path, *file);
  }
  if (status.ok() && rename(file->name.c_str(), path.c_str()) != 0) {
    status = ErrnoStatus(errno, "rename");
  }
  if (!status.ok() && !file->name.empty()) {
    unlink(file->name.c_str());
  }
  return Annotate(status, path.string());
}

void RemoveUnfinishedWritesTo(const std::filesystem::path& folder, std::string_view extension) {
  const std::string mark = fmt::format("{}{}", extension, kUnfinishedMark);
  std::error_code error;
  std::vector<std::filesystem::path> unfinished;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const std::size_t at = name.rfind(mark);
    if (at != std::string::npos && at > 0 && name.size() == at + mark.size() + kUnfinishedDigits) {
      unfinished.push_back(entry->path());
    }
  }
  for (const std::filesystem::path& path : unfinished) {
    const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
    if (file.get() >= 0 && flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
      unlink(path.c_str());
    }
  }
}

void RemoveUnfinishedWrites(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> unfinished;
  for (std::filesystem::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().filename().string().find(kUnfinishedMark) != std::string::npos) {
      unfinished.push_back(entry->path());
    }
  }
  for (const std::filesystem::path& path : unfinished) {
    unlink(path.c_str());
  }
}

}  // namespace calotype
