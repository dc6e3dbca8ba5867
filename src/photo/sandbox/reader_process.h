// The child process: what `calotype-reader` does.
#pragma once

#include "photo/photo_reader.h"

namespace calotype {

// Serves requests over the channel until the program closes it; returns the exit status of the process. `reader` reads
// the photos. The arguments, which ChildReader (child_reader.h) sets:
//   photos|text   what the child is for: files of photos and pixels, or drawing text with the fonts of the system
//   sandbox=0|1   Confinement::sandbox
//   memory=BYTES  Confinement::memory_bytes
//   landlock=N    Confinement::newest_landlock
int RunReaderProcess(int argc, char** argv, const PhotoReader& reader);

}  // namespace calotype
