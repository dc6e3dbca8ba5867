// A moment of a running scan.
#pragma once

#include <cstdint>
#include <string>

namespace calotype {

struct ScanProgress {
  bool walking = true;    // folders are still being read: `photos` grows
  int64_t photos = 0;     // files seen
  int64_t unchanged = 0;  // known and the same
  int64_t to_do = 0;      // photos with work, as far as known
  int64_t analysed = 0;   // photos done, all well
  int64_t failed = 0;     // photos done, something failed
  std::string resting;    // why nothing is begun at the moment; empty: it goes on
};

}  // namespace calotype
