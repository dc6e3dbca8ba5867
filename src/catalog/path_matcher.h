// Decides which paths a search asks for.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/search_catalog.h"

namespace calotype {

// Thread-safe.
class PathMatcher {
 public:
  explicit PathMatcher(const PathFilter& filter);

  bool empty() const { return roots_.empty() && folders_.empty() && names_.empty(); }
  // True if the absolute `path` passes all of the filter.
  bool Matches(std::string_view path) const;

 private:
  std::vector<std::string> roots_;    // absolute folders with a slash at the end, NFC
  std::vector<std::string> folders_;  // "/name/", folded
  std::vector<std::string> names_;    // folded
};

// Those of `names` that `asked` stands for, without regard to case and accents: the equal ones, or if there are none,
// those that contain it.
std::vector<std::string> NamesMatching(std::span<const std::string> names, std::string_view asked);

}  // namespace calotype
