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

namespace {

// A device or a pipe must keep its name: a rename would delete /dev/stdout for everybody.
bool IsThereButNoFile(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  return fs::exists(status) && !fs::is_regular_file(status);
}

fs::path FileBehindLinks(const fs::path& path) {
  std::error_code error;
  fs::path file = fs::canonical(path, error);
  return error ? path : file;
}

}  // namespace

PartialOutput::PartialOutput(fs::path file, fs::path part) : file_(std::move(file)), part_(std::move(part)) {}

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
  const bool in_place = IsThereButNoFile(file);
  const fs::path target = FileBehindLinks(file);
  PartialOutput output(target, in_place ? fs::path() : fs::path(target.string() + ".part"));
  const fs::path& opened = in_place ? output.file_ : output.part_;
  const int flags = in_place ? O_WRONLY : O_WRONLY | O_CREAT | O_TRUNC;
  output.descriptor_ = UniqueFd(open(opened.c_str(), flags | O_CLOEXEC, kMode));
  if (output.descriptor_.get() < 0) {
    Status failed = ErrnoStatus(errno, fmt::format("create {}", opened.string()));
    output.part_.clear();
    return failed;
  }
  return output;
}

Status PartialOutput::Write(std::string_view text) {
  return WriteAll(descriptor_.get(), {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

Status PartialOutput::Finish() {
  if (part_.empty()) {
    return absl::OkStatus();
  }
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
