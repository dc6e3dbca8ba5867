// What a worker or coordinator tells about itself, in Prometheus' text format.
#pragma once

#include <string>

#include "app/fleet/process_state.h"

namespace calotype {

// Also the memory, CPU time, open files and start of the process. `started` is in seconds since 1970.
std::string RenderProcess(const ProcessState& state, double started);

}  // namespace calotype
