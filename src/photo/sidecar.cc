#include "photo/sidecar.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace calotype {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 2> kExtensions = {".xmp", ".XMP"};

// True for errors of a disk or a network file system, after which it is not known whether a file is there.
bool IsDiskError(const std::error_code& error) {
  return error.value() == EIO || error.value() == ESTALE || error.value() == ETIMEDOUT;
}

}  // namespace

bool IsSidecarName(std::string_view name) {
  const std::string_view end = name.substr(name.size() - std::min<std::size_t>(name.size(), 4));
  return name.size() > 4 && std::ranges::equal(end, kExtensions.front(), {},
                                               [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
}

std::vector<fs::path> SidecarsOf(const fs::path& path) {
  std::vector<fs::path> found;
  for (const bool whole : {true, false}) {
    for (const std::string_view extension : kExtensions) {
      fs::path sidecar = path;
      whole ? sidecar += extension : sidecar.replace_extension(extension);
      std::error_code error;
      if (fs::is_regular_file(sidecar, error) || IsDiskError(error)) {
        found.push_back(std::move(sidecar));
      }
    }
  }
  return found;
}

}  // namespace calotype
