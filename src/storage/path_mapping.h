// Where the folders of a library lie on this machine.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace calotype {

// Several machines that share a catalogue may have mounted the same photos at different places: what one scanned as
// /mnt/nas/a.jpg lies at /volume1/a.jpg for another. Paths of object storage are the same everywhere. Immutable.
class PathMapping {
 public:
  PathMapping() = default;  // every path is what it says

  // Each line is STORED=HERE: two folders, absolute and normal but for a slash at the end. kInvalidArgument names
  // `setting`.
  static StatusOr<PathMapping> Parse(const std::vector<std::string>& lines, std::string_view setting);

  // The place on this machine of what the catalogue calls `stored`. Of several folders that hold it, the longest
  // counts.
  std::string ToHere(std::string_view stored) const;
  // The name in the catalogue of what lies at `here`.
  std::string ToStored(std::string_view here) const;
  bool empty() const { return folders_.empty(); }

 private:
  std::vector<std::pair<std::string, std::string>> folders_;  // stored, here
};

}  // namespace calotype
