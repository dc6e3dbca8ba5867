#include "base/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace calotype {

StatusOr<FileLock> FileLock::Take(const std::filesystem::path& file_path, std::string_view what) {
  const std::string path = file_path.string();
  UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (file.get() < 0) {
    return ErrnoStatus(errno, fmt::format("cannot open {}", path));
  }
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> holder{};
    const ssize_t count = pread(file.get(), holder.data(), holder.size() - 1, 0);
    return absl::FailedPreconditionError(fmt::format("another {} is running (process {}); wait for it or stop it", what,
                                                     count > 0 ? holder.data() : "unknown"));
  }
  // The process id is for the message above only; the lock is held even if it cannot be written.
  const std::string process = std::to_string(getpid());
  if (ftruncate(file.get(), 0) == 0) {
    [[maybe_unused]] const ssize_t written = pwrite(file.get(), process.data(), process.size(), 0);
  }
  return FileLock(std::move(file));
}

}  // namespace calotype
