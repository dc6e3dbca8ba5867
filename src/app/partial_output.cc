#include "app/partial_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace calotype {

namespace fs = std::filesystem;

PartialOutput::PartialOutput(const fs::path& file) : file_(file), part_(file.string() + ".part") {}

PartialOutput::PartialOutput(PartialOutput&& other) noexcept
    : file_(std::move(other.file_)), part_(std::exchange(other.part_, {})), descriptor_(std::move(other.descriptor_)) {}

PartialOutput::~PartialOutput() {
  if (!part_.empty()) {
    std::error_code error;
    fs::remove(part_, error);
  }
}

StatusOr<PartialOutput> PartialOutput::Open(const fs::path& file) {
  constexpr mode_t kMode = 0666;
  PartialOutput output(file);
  output.descriptor_ = UniqueFd(open(output.part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode));
  if (output.descriptor_.get() < 0) {
    const int error = errno;
    return ErrnoStatus(error, fmt::format("create {}", std::exchange(output.part_, {}).string()));
  }
  return output;
}

Status PartialOutput::Write(std::string_view text) {
  return WriteAll(descriptor_.get(), {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

Status PartialOutput::Finish() {
  if (fsync(descriptor_.get()) != 0) {
    return ErrnoStatus(errno, fmt::format("write {}", part_.string()));
  }
  std::error_code error;
  fs::rename(part_, file_, error);
  if (error) {
    return ErrnoStatus(error.value(), fmt::format("rename {}", part_.string()));
  }
  part_.clear();
  return absl::OkStatus();
}

}  // namespace calotype
