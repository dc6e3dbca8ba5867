#include "cli/device_progress.h"

#include <fmt/format.h>

#include <cstdio>

#include "cli/terminal.h"

namespace calotype {

void PrintMeasurement(const DeviceMeasurement& event) {
  if (!ErrorIsTerminal()) {
    if (event.model == 1 && !event.finished) {
      fmt::print(stderr, "measuring devices for {} models, once for this machine\n", event.models);
    }
    return;
  }
  if (event.finished) {
    fmt::print(stderr, "\r\033[K");
  } else {
    fmt::print(stderr, "\r\033[Kmeasuring devices, once for this machine: model {} of {}, {}", event.model,
               event.models, event.name);
  }
}

}  // namespace calotype
