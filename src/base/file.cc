#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace calotype {
namespace {

constexpr std::size_t kReadFileLimit = std::size_t{1} << 30;
// In the name of a temporary file, so that nobody else's file is taken for one.
constexpr std::string_view kUnfinishedMark = ".calotype-";

}  // namespace

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

Status SyncFolder(const std::filesystem::path& folder) {
  const UniqueFd file(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.get() < 0 || fsync(file.get()) != 0) {
    return ErrnoStatus(errno, fmt::format("cannot sync {}", folder.string()));
  }
  return absl::OkStatus();
}

Status WriteFileAtomically(const std::filesystem::path& path, std::span<const uint8_t> data) {
  std::string temporary = fmt::format("{}{}XXXXXX", path.string(), kUnfinishedMark);
  const UniqueFd file(mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) {
    return ErrnoStatus(errno, fmt::format("cannot create a temporary file beside {}", path.string()));
  }
  Status status = WriteAll(file.get(), data);
  if (status.ok() && (fchmod(file.get(), 0644) != 0 || fsync(file.get()) != 0)) {
    status = ErrnoStatus(errno, "sync");
  }
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) {
    status = ErrnoStatus(errno, "rename");
  }
  if (!status.ok()) {
    unlink(temporary.c_str());
  }
  return Annotate(status, path.string());
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
