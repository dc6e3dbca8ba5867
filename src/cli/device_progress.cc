#include "cli/device_progress.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/log.h"
#include "base/units.h"
#include "cli/terminal.h"

namespace calotype {

void PrintMeasurement(const DeviceMeasurement& event) {
  if (!ErrorIsTerminal()) {
    if (event.model == 1 && !event.finished) {
      Log(LogLevel::kNotice,
          fmt::format("measuring devices for {}, once for this machine", Counted(event.models, "model")));
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
