#include "app/scratch_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <string_view>
#include <system_error>

#include "absl/strings/numbers.h"
#include "base/file.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "part-";

}  // namespace

ScratchFolder::ScratchFolder(const fs::path& parent) : path_(parent / fmt::format("{}{}", kPrefix, getpid())) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, error)) {
    const std::string name = entry.path().filename().string();
    pid_t owner = 0;
    if (name.starts_with(kPrefix) && absl::SimpleAtoi(name.substr(kPrefix.size()), &owner) && kill(owner, 0) != 0) {
      fs::remove_all(entry.path(), error);
    }
  }
}

Status ScratchFolder::Create() const {
  std::error_code error;
  fs::create_directories(path_, error);
  return error ? ErrnoStatus(error.value(), fmt::format("create {}", path_.string())) : absl::OkStatus();
}

void ScratchFolder::Clear() const {
  std::error_code error;
  fs::remove_all(path_, error);
}

}  // namespace calotype
