// What this process holds in memory.
#pragma once

#include <cstdint>

namespace calotype {

// Bytes that are resident now; 0 where the system does not tell. Takes some microseconds.
int64_t ResidentBytes();

// Gives freed memory back to the system: malloc alone keeps it for later.
void ReturnMemory();

}  // namespace calotype
