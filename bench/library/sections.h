// The measurements of library_bench, one file per section.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/status.h"

namespace calotype::bench {

struct Options {
  int64_t count = 1'000'000;
  std::size_t dimension = 512;   // only for the section "people"
  std::filesystem::path folder;  // for generated files; kept, so that peers can read the same files
};

// Prints "name<tab>value<tab>unit".
void Tell(const std::string& name, double value, const std::string& unit);

Status BenchVectors(const Options& options);
Status BenchWords(const Options& options);
Status BenchAlike(const Options& options);
Status BenchHashes(const Options& options);
Status BenchHnsw(const Options& options);
Status BenchPeople(const Options& options);
Status BenchLibrary(const Options& options);
Status BenchText(const Options& options);

}  // namespace calotype::bench
