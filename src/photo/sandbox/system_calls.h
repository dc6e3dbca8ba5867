// The system calls of a child process that reads photos.
#pragma once

#include "base/status.h"
#include "photo/sandbox/last_words.h"

namespace calotype {

// Loads the seccomp filter for all threads (see Confine()). With `reads_fonts`, files may be opened for reading.
Status AllowOnlyNeededCalls(bool reads_fonts, LastWords& words);

}  // namespace calotype
