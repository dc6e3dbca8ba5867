// Measures how long it takes to find all pairs of similar vectors, with more and more vectors.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <thread>
#include <vector>

#include "search/alike_pairs.h"
#include "sections.h"
#include "synthetic.h"

namespace calotype::bench {
namespace {

// The default of `duplicates --alike`.
constexpr float kCosine = 0.95F;
constexpr std::size_t kSample = 2000;
constexpr std::size_t kChunk = 10'000;

}  // namespace

Status BenchAlike(const Options& options) {
  const VectorGenerator generator;
  const auto threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const std::vector<float> sample = generator.Chunk(0, kSample);
  const MainDirections directions(sample, kDimension);
  AlikePairs pairs(directions);
  const auto count = static_cast<std::size_t>(options.count);
  std::size_t next = std::max<std::size_t>(count / 8, 1);
  for (uint64_t chunk = 0; pairs.size() < count; ++chunk) {
    const std::vector<float> vectors = generator.Chunk(chunk, kChunk);
    for (std::size_t i = 0; i < kChunk && pairs.size() < count; ++i) {
      pairs.Add(std::span(vectors).subspan(i * kDimension, kDimension));
      if (pairs.size() != next) {
        continue;
      }
      const Stopwatch watch;
      std::size_t compared = 0;
      pairs.ForEach(kCosine, threads, [&compared](std::size_t /*later*/, std::size_t /*earlier*/) {
        ++compared;
        return true;
      });
      Tell(fmt::format("{} vectors, {} threads", next, threads), watch.Seconds(), "s");
      Tell("  pairs to compare in full", static_cast<double>(compared), "");
      next = std::min(2 * next, count);
    }
  }
  return absl::OkStatus();
}

}  // namespace calotype::bench
