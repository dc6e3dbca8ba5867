// What this process uses.
#pragma once

#include <cstdint>

namespace calotype {

// Bytes of resident memory; 0 when the system does not report them. Takes a few microseconds.
int64_t ResidentBytes();

// Returns freed memory to the system; otherwise malloc keeps it for later use.
void ReturnMemory();

// CPU time of all threads so far, in seconds.
double CpuSeconds();

// Open files and sockets; 0 when the system does not report them.
int64_t OpenFiles();

}  // namespace calotype
