// The memory use of this process.
#pragma once

#include <cstdint>

namespace calotype {

// Bytes of resident memory; 0 when the system does not report them. Takes a few microseconds.
int64_t ResidentBytes();

// Returns freed memory to the system; otherwise malloc keeps it for later use.
void ReturnMemory();

}  // namespace calotype
