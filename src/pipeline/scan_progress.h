// The progress of a running scan.
#pragma once

#include <cstdint>
#include <string>

namespace calotype {

struct ScanProgress {
  bool walking = true;    // folders are still being read: `photos` grows
  int64_t photos = 0;     // files seen
  int64_t unchanged = 0;  // of these, known and not changed since the last scan
  int64_t to_do = 0;      // photos with work, as far as known
  int64_t analysed = 0;   // photos done without a failure
  int64_t failed = 0;     // photos done with at least one failure
  std::string resting;    // why no photo is started at the moment; empty while the scan works

  bool operator==(const ScanProgress&) const = default;
};

}  // namespace calotype
