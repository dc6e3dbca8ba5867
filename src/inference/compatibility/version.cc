#include "inference/compatibility/version.h"

#include <fmt/format.h>

#include <charconv>
#include <system_error>

namespace calotype {

std::string Version::ToString() const {
  return parts[2] == 0 ? fmt::format("{}.{}", parts[0], parts[1])
                       : fmt::format("{}.{}.{}", parts[0], parts[1], parts[2]);
}

std::optional<Version> ParseVersion(std::string_view text) {
  Version version;
  std::size_t found = 0;
  const char* next = text.data();
  const char* const end = text.data() + text.size();
  while (found < version.parts.size()) {
    const auto [after, error] = std::from_chars(next, end, version.parts[found]);
    if (error != std::errc() || version.parts[found] < 0) {
      break;
    }
    ++found;
    if (after == end || *after != '.') {
      break;
    }
    next = after + 1;
  }
  return found < 2 ? std::nullopt : std::optional(version);
}

}  // namespace calotype
