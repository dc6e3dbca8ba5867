// A mark on the error of a reader that was stopped, which says how far it was.
#pragma once

#include "base/status.h"

namespace calotype {

// Marks the error of a reader that was stopped, by itself or by a limit, before it began with the pixels of a photo.
Status StoppedBeforePixels(Status status);

// True for such an error: reading the metadata alone would end in the same way.
bool IsStoppedBeforePixels(const Status& status);

}  // namespace calotype
