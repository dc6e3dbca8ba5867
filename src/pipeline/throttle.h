// Decides when a scan should rest.
#pragma once

#include <string>

#include "base/status.h"

namespace calotype {

struct ThrottleOptions {
  double max_load = 0;  // rest when the load average of one minute, less own_threads, is higher; 0: never
  int own_threads = 0;  // threads of the scan itself
  bool rest_on_battery = false;
  // Where the system reports its state; tests use other folders.
  std::string proc = "/proc";
  std::string power = "/sys/class/power_supply";
};

// Returns why a scan should rest now ("on battery", "the load is 7.2, over scan.max_load (4)"), or an empty string.
// Reads files of /proc and /sys, which takes some microseconds.
std::string ReasonToRest(const ThrottleOptions& options);

}  // namespace calotype
