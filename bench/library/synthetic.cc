#include "synthetic.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <random>
#include <thread>

#include "base/file.h"
#include "base/half.h"
#include "search/vector_index/dot.h"

namespace calotype::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCentres = 2000;
constexpr std::size_t kDirections = 64;
// Each chunk of vectors has its own seed, so the result does not depend on the number of threads.
constexpr int64_t kChunk = 10'000;

Status Generate(const VectorGenerator& generator, const fs::path& file, int64_t count) {
  if (fs::exists(file) && fs::file_size(file) == static_cast<std::uintmax_t>(count) * kDimension * 2) {
    return absl::OkStatus();
  }
  std::ofstream stream(file, std::ios::binary);
  const auto threads = static_cast<int64_t>(std::max(1U, std::thread::hardware_concurrency()));
  for (int64_t first = 0; first < count; first += threads * kChunk) {
    std::vector<std::vector<uint16_t>> chunks(static_cast<std::size_t>(threads));
    std::vector<std::jthread> workers;
    for (int64_t t = 0; t < threads; ++t) {
      const int64_t begin = first + t * kChunk;
      const auto size = static_cast<std::size_t>(std::clamp<int64_t>(count - begin, 0, kChunk));
      workers.emplace_back([&, begin, size, t] {
        chunks[static_cast<std::size_t>(t)] = ToHalf(generator.Chunk(1000 + static_cast<uint64_t>(begin), size));
      });
    }
    workers.clear();
    for (const std::vector<uint16_t>& chunk : chunks) {
      stream.write(reinterpret_cast<const char*>(chunk.data()), static_cast<std::streamsize>(chunk.size() * 2));
    }
  }
  return stream.good() ? absl::OkStatus() : absl::ResourceExhaustedError("cannot write the vectors");
}

}  // namespace

double CpuMilliseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1000 + static_cast<double>(time.tv_nsec) / 1e6;
}

double Percentile(std::vector<double>& values, double part) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

double MemoryOf(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) {
      return std::strtod(line.c_str() + name.size() + 1, nullptr) / 1024;
    }
  }
  return 0;
}

void ResetPeak() { std::ofstream("/proc/self/clear_refs") << 5; }

std::vector<float> NormalValues(std::size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  std::ranges::generate(values, [&] { return normal(random); });
  return values;
}

void MakeUnit(std::span<float> vector) {
  const float length = std::sqrt(Dot(vector, vector));
  std::ranges::transform(vector, vector.begin(), [length](float x) { return x / length; });
}

VectorGenerator::VectorGenerator()
    : centres_(NormalValues(kCentres * kDimension, 1)), directions_(NormalValues(kDirections * kDimension, 2)) {}

std::vector<float> VectorGenerator::Chunk(uint64_t seed, std::size_t count) const {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> vectors(count * kDimension);
  for (std::size_t v = 0; v < count; ++v) {
    const std::span<float> vector(vectors.data() + v * kDimension, kDimension);
    const float* const centre = centres_.data() + random() % kCentres * kDimension;
    for (std::size_t i = 0; i < kDimension; ++i) {
      vector[i] = 0.6F * centre[i] + 0.15F * normal(random);
    }
    for (std::size_t d = 0; d < kDirections; ++d) {
      const float weight = 0.12F * normal(random);
      const float* const direction = directions_.data() + d * kDimension;
      for (std::size_t i = 0; i < kDimension; ++i) {
        vector[i] += weight * direction[i];
      }
    }
    MakeUnit(vector);
  }
  return vectors;
}

StatusOr<std::span<const uint16_t>> MappedHalves(const fs::path& file, int64_t count) {
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd opened, OpenForReading(file));
  const std::size_t bytes = static_cast<std::size_t>(count) * kDimension * 2;
  void* const at = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, opened.get(), 0);
  if (at == MAP_FAILED) {
    return absl::InternalError("cannot map the vectors");
  }
  return std::span<const uint16_t>(static_cast<const uint16_t*>(at), bytes / 2);
}

StatusOr<std::span<const uint16_t>> MappedVectors(const VectorGenerator& generator, const fs::path& folder,
                                                  int64_t count) {
  fs::create_directories(folder);
  const fs::path file = folder / "vectors.f16";
  CALOTYPE_RETURN_IF_ERROR(Generate(generator, file, count));
  return MappedHalves(file, count);
}

std::vector<ScoredPhoto> Exact(std::span<const uint16_t> vectors, std::span<const float> query, std::size_t wanted) {
  TopHits top(wanted);
  for (std::size_t i = 0; i * kDimension < vectors.size(); ++i) {
    top.Add(
        {.photo = static_cast<PhotoId>(i + 1), .score = DotHalves(query, vectors.subspan(i * kDimension, kDimension))});
  }
  return top.Take();
}

}  // namespace calotype::bench
