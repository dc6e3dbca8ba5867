// What the sections share: vectors that are made up, a stopwatch, and how much memory a process holds.
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

// Of this thread: what a machine that does other work at the same time does not lengthen.
double CpuMilliseconds();

double Percentile(std::vector<double>& values, double part);

// "VmRSS", "VmHWM" ... of this process, in megabytes; ResetPeak() makes the peak (VmHWM) what is resident now.
double MemoryOf(const std::string& name);
void ResetPeak();

std::vector<float> NormalValues(std::size_t count, uint64_t seed);
void MakeUnit(std::span<float> vector);

// 0.6 of one of 2,000 centres, 0.12 of a combination of 64 common directions, 0.15 noise, normalised: near neighbours
// that are hard to tell apart, as photos of one afternoon are.
class VectorGenerator {
 public:
  // `count` vectors of kDimension, one after the other; the same for the same seed.
  std::vector<float> Chunk(uint64_t seed, std::size_t count) const;

 private:
  const std::vector<float> centres_;
  const std::vector<float> directions_;

 public:
  VectorGenerator();
};

// `count` vectors of `file`, mapped for good.
StatusOr<std::span<const uint16_t>> MappedHalves(const std::filesystem::path& file, int64_t count);

// The file FOLDER/vectors.f16 with `count` of them, made by all cores unless it is there; mapped for good.
StatusOr<std::span<const uint16_t>> MappedVectors(const VectorGenerator& generator, const std::filesystem::path& folder,
                                                  int64_t count);

// The `wanted` nearest of all, each compared.
std::vector<ScoredPhoto> Exact(std::span<const uint16_t> vectors, std::span<const float> query, std::size_t wanted);

}  // namespace calotype::bench
