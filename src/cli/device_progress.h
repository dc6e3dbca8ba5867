// Shows on standard error that devices are being measured.
#pragma once

#include "app/events.h"

namespace calotype {

// On a terminal: one line that is redrawn, and erased at the end. Elsewhere: one line at the start.
void PrintMeasurement(const DeviceMeasurement& event);

}  // namespace calotype
