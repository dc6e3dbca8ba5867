// What library_bench measures, one file each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/status.h"

namespace calotype::bench {

struct Options {
  int64_t count = 1'000'000;
  std::filesystem::path folder;  // for files that are made; kept, so that peers can read the same
};

// Prints "name<tab>value<tab>unit" for each figure.
void Tell(const std::string& name, double value, const std::string& unit);

Status BenchVectors(const Options& options);
Status BenchHashes(const Options& options);

}  // namespace calotype::bench
