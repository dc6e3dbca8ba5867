// For tests: a disk that fills up at a chosen write.
#pragma once

#include <cstdint>

namespace calotype {

// While it exists, writes to databases fail from the `first`-th on (counted from 1), as on a full disk: files can be
// read but cannot grow. Create only one at a time, and before the databases are opened.
class FullDisk {
 public:
  explicit FullDisk(int64_t first);
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk();

  // The number of attempted writes.
  static int64_t writes();
};

}  // namespace calotype
