// Why a child process dies of a signal.
#pragma once

#include "photo/sandbox/last_words.h"

namespace calotype {

// From now on, a stack overflow of the main thread and a failed allocation are noted in `words` before the process dies
// of them. Both signals and failed allocations keep their usual effect.
void WatchFaults(LastWords& words);

}  // namespace calotype
