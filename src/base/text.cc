#include "base/text.h"

#include <algorithm>

#include "absl/strings/escaping.h"

namespace calotype {

std::string ToLowerAscii(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return ToLowerAscii(c); });
  return lower;
}

std::string_view Trim(std::string_view text, std::string_view removed) {
  const std::size_t first = text.find_first_not_of(removed);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(removed) - first + 1);
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

std::string Base64(std::span<const uint8_t> bytes) {
  return absl::Base64Escape({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace calotype
