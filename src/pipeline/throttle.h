// When a scan should rest.
#pragma once

#include <string>

#include "base/status.h"

namespace calotype {

struct ThrottleOptions {
  double max_load = 0;  // load average of one minute, without the scan's own threads, above which it rests; 0: never
  int own_threads = 0;  // these
  bool rest_on_battery = false;
};

// Why a scan should rest now: "on battery", "the load is 7.2, over scan.max_load (4)"; empty: it need not. Reads files
// of the system, a few microseconds.
std::string ReasonToRest(const ThrottleOptions& options);

// The same with the system's files elsewhere, for tests: `proc` has loadavg, `power` a folder for each supply.
std::string ReasonToRest(const ThrottleOptions& options, const std::string& proc, const std::string& power);

}  // namespace calotype
