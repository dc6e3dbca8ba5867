// When a scan should rest.
#pragma once

#include <string>

#include "base/status.h"

namespace calotype {

struct ThrottleOptions {
  double max_load = 0;  // load average of one minute, without the scan's own threads, above which it rests; 0: never
  int own_threads = 0;  // these
  bool rest_on_battery = false;
  // Where the system tells, for tests: a folder with loadavg, and one with a folder for each supply of power.
  std::string proc = "/proc";
  std::string power = "/sys/class/power_supply";
};

// Why a scan should rest now: "on battery", "the load is 7.2, over scan.max_load (4)"; empty: it need not. Reads files
// of the system, a few microseconds.
std::string ReasonToRest(const ThrottleOptions& options);

}  // namespace calotype
