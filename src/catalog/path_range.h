// The files below a folder, as a range of an index. Only this folder includes it.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace calotype {

// Ordered by bytes, all paths below a folder are between "folder/" and "folder0", because 0 is the character after the
// slash. An index finds such a range, and no character of the path needs escaping.
struct PathRange {
  std::string root;
  std::string first;
  std::string end;
};

inline PathRange RangeBelow(std::string_view root) {
  while (root.size() > 1 && root.ends_with('/')) {
    root.remove_suffix(1);
  }
  const std::string_view folder = root == "/" ? std::string_view() : root;
  return {.root = std::string(root), .first = fmt::format("{}/", folder), .end = fmt::format("{}0", folder)};
}

}  // namespace calotype
