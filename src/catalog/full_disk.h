// A disk that fills up at a chosen write, for tests.
#pragma once

#include <cstdint>

namespace calotype {

// While it lives, writes of databases that are opened fail from the `first`-th on (the first is 1), as they do on a
// full disk; what is there can be read, and grow no file. One at a time; made before the databases are opened.
class FullDisk {
 public:
  explicit FullDisk(int64_t first);
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk();

  // How many were tried.
  static int64_t writes();
};

}  // namespace calotype
