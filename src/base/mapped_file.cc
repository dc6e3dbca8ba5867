#include "base/mapped_file.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/file.h"

namespace calotype {

StatusOr<MappedFile> MappedFile::Open(const std::filesystem::path& path) {
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file, OpenForReading(path));
  struct stat status = {};
  if (fstat(file.get(), &status) != 0) {
    return ErrnoStatus(errno, fmt::format("stat {}", path.string()));
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) {
    return MappedFile({});
  }
  void* const memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (memory == MAP_FAILED) {
    return ErrnoStatus(errno, fmt::format("map {}", path.string()));
  }
  return MappedFile({static_cast<uint8_t*>(memory), size});
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) {
    munmap(bytes_.data(), bytes_.size());
  }
}

void MappedFile::Release() const {
  if (!bytes_.empty()) {
    madvise(bytes_.data(), bytes_.size(), MADV_DONTNEED);
  }
}

}  // namespace calotype
