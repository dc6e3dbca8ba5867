// Shared by the sections: synthetic vectors, a stopwatch, and the memory use of this process.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "search/vector_index/top_hits.h"

namespace calotype::bench {

inline constexpr std::size_t kDimension = 512;

class Stopwatch {
 public:
  double Seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
  double Milliseconds() const { return Seconds() * 1000; }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// CPU time of this thread, so that other work on the machine does not count.
double CpuMilliseconds();

double Percentile(std::vector<double>& values, double part);

// Returns "VmRSS", "VmHWM" ... of this process in megabytes. ResetPeak() sets the peak (VmHWM) to the current value.
double MemoryOf(const std::string& name);
void ResetPeak();

std::vector<float> NormalValues(std::size_t count, uint64_t seed);
void MakeUnit(std::span<float> vector);

// Makes vectors from 0.6 of one of 2,000 centres, 0.12 of a combination of 64 common directions and 0.15 of noise,
// normalised. Near neighbours are hard to tell apart, like photos of one afternoon.
class VectorGenerator {
 public:
  // Returns `count` vectors of kDimension, one after another; the same for the same seed.
  std::vector<float> Chunk(uint64_t seed, std::size_t count) const;

 private:
  const std::vector<float> centres_;
  const std::vector<float> directions_;

 public:
  VectorGenerator();
};

// Maps `count` vectors of `file` into memory, never unmapped.
StatusOr<std::span<const uint16_t>> MappedHalves(const std::filesystem::path& file, int64_t count);

// Maps FOLDER/vectors.f16 with `count` vectors, never unmapped. Creates it on all cores if it does not exist.
StatusOr<std::span<const uint16_t>> MappedVectors(const VectorGenerator& generator, const std::filesystem::path& folder,
                                                  int64_t count);

// Returns the `wanted` nearest vectors, found by comparing all of them.
std::vector<ScoredPhoto> Exact(std::span<const uint16_t> vectors, std::span<const float> query, std::size_t wanted);

}  // namespace calotype::bench
