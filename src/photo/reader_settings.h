// Settings of the processes that read photos.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"

namespace calotype {

struct ReaderSettings {
  // Each request runs in a child process. True: the kernel also keeps the child from files, the network and other
  // processes.
  bool sandbox = true;
  // Seconds of processor time to read a photo, and one more for each megabyte of its file. One that gets no processor
  // is waited for five times as long. Knob: limits.decode_s
  int64_t decode_s = 60;
  // Memory that one photo may take, in megabytes; knob: limits.decoder_memory_mb
  int64_t memory_mb = 6000;
  std::string program;                 // the child's program; empty: beside this program, or in libexec
  std::optional<int> newest_landlock;  // for tests: pretend that the kernel knows no newer ABI of Landlock than this
};

// Sets them for the whole process. Call it before photos are read; children that run already keep theirs.
void SetReaderSettings(ReaderSettings settings);
ReaderSettings CurrentReaderSettings();

// What a child says about itself.
struct ReaderReport {
  std::vector<std::string> protections;  // "seccomp", "Landlock ABI 7", ...
  std::vector<std::string> missing;      // what this kernel or build lacks, with the reason
  std::vector<std::string> libraries;    // "libvips 8.14.1", ...
};

// Asks a child, which is started if none is idle. Unit tests read photos in their own process; there it reports no
// protections.
StatusOr<ReaderReport> DescribeReader();

// Resident bytes of all children, without those of pictures that they passed on.
int64_t ReaderMemory();

}  // namespace calotype
