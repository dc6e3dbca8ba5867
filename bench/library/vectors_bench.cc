// A million vectors: how well, how fast, how large.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/half.h"
#include "search/dot.h"
#include "search/vector_index/code_kernels.h"
#include "search/vector_index/vector_index.h"
#include "sections.h"

namespace calotype::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kDimension = 512;
constexpr std::size_t kCentres = 2000;
constexpr std::size_t kDirections = 64;
constexpr std::size_t kQueries = 1000;
constexpr std::size_t kExactQueries = 200;  // fewer of more than a million vectors
constexpr std::size_t kWanted = 10;
// Vectors are drawn in chunks, each from a seed of its own, so that any number of threads draws the same.
constexpr int64_t kChunk = 10'000;

double Seconds(Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); }

std::vector<float> Normal(std::size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  std::ranges::generate(values, [&] { return normal(random); });
  return values;
}

// 0.6 of one of 2,000 centres, 0.12 of a combination of 64 common directions, 0.15 noise, normalised: near neighbours
// that are hard to tell apart, as photos of one afternoon are.
class Generator {
 public:
  std::vector<float> Chunk(uint64_t seed, std::size_t count) const {
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
      const float length = std::sqrt(Dot(vector, vector));
      std::ranges::transform(vector, vector.begin(), [length](float x) { return x / length; });
    }
    return vectors;
  }

 private:
  const std::vector<float> centres_ = Normal(kCentres * kDimension, 1);
  const std::vector<float> directions_ = Normal(kDirections * kDimension, 2);
};

Status Generate(const Generator& generator, const fs::path& file, int64_t count) {
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
  return stream.good() ? absl::OkStatus() : absl::ResourceExhaustedError("the vectors could not be written");
}

// Resident megabytes: of all, and of the mapping of the index's vectors.
struct Resident {
  double all = 0;
  double vectors = 0;
};

Resident ReadResident() {
  Resident resident;
  std::ifstream maps("/proc/self/smaps");
  bool is_vectors = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find('-') < line.find(' ') && line.find(':') != std::string::npos && line[0] != ' ' &&
        std::isxdigit(static_cast<unsigned char>(line[0])) != 0 && line.find("kB") == std::string::npos) {
      is_vectors = line.ends_with("/vectors") || line.ends_with("/vectors.f16");
    } else if (line.starts_with("Rss:")) {
      const double megabytes = std::strtod(line.c_str() + 4, nullptr) / 1024;
      resident.all += megabytes;
      resident.vectors += is_vectors ? megabytes : 0;
    }
  }
  return resident;
}

std::vector<ScoredPhoto> Exact(std::span<const uint16_t> vectors, std::span<const float> query) {
  TopHits top(kWanted);
  for (std::size_t i = 0; i * kDimension < vectors.size(); ++i) {
    top.Add(
        {.photo = static_cast<PhotoId>(i + 1), .score = DotHalves(query, vectors.subspan(i * kDimension, kDimension))});
  }
  return top.Take();
}

Status Build(const fs::path& folder, std::span<const uint16_t> vectors) {
  CALOTYPE_RETURN_IF_ERROR(VectorFile::Remove(folder));
  CALOTYPE_ASSIGN_OR_RETURN(const auto index, VectorIndex::Open(folder, kDimension, "bench"));
  const auto start = Clock::now();
  for (std::size_t i = 0; i * kDimension < vectors.size(); ++i) {
    CALOTYPE_RETURN_IF_ERROR(index->Append(static_cast<PhotoId>(i + 1), vectors.subspan(i * kDimension, kDimension)));
  }
  CALOTYPE_RETURN_IF_ERROR(index->Commit(1));
  Tell("build, one thread", Seconds(start), "s");
  return absl::OkStatus();
}

double Percentile(std::vector<double>& values, double part) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

// Milliseconds of each query.
StatusOr<std::vector<double>> Time(const VectorIndex& index, std::span<const float> queries,
                                   const PhotoChoice& choice) {
  std::vector<double> milliseconds;
  for (std::size_t q = 0; q * kDimension < queries.size(); ++q) {
    const auto start = Clock::now();
    CALOTYPE_RETURN_IF_ERROR(index.Nearest(queries.subspan(q * kDimension, kDimension), kWanted, -1, choice).status());
    milliseconds.push_back(Seconds(start) * 1000);
  }
  return milliseconds;
}

Status Measure(const fs::path& folder, std::span<const uint16_t> vectors, std::span<const float> queries) {
  const Resident before = ReadResident();
  const auto start = Clock::now();
  CALOTYPE_ASSIGN_OR_RETURN(const auto index, VectorIndex::Open(folder, kDimension, "bench"));
  Tell("open", Seconds(start) * 1000, "ms");
  const auto first = Clock::now();
  CALOTYPE_RETURN_IF_ERROR(index->Nearest(queries.first(kDimension), kWanted, -1, {}).status());
  Tell("first query, with the check of every record", Seconds(first) * 1000, "ms");
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<double> times, Time(*index, queries, {}));
  Tell("query p50, one thread", Percentile(times, 0.5), "ms");
  Tell("query p99, one thread", Percentile(times, 0.99), "ms");
  const Resident after = ReadResident();
  Tell("resident beside the mapped vectors", after.all - after.vectors - (before.all - before.vectors), "MB");
  PhotoSet few;
  for (std::size_t photo = 50; photo * kDimension < vectors.size(); photo += 100) {
    few.Add(static_cast<PhotoId>(photo));
  }
  CALOTYPE_ASSIGN_OR_RETURN(times, Time(*index, queries, {.only = &few}));
  Tell("query p99 where a filter lets 1 % through", Percentile(times, 0.99), "ms");
  int found = 0;
  std::vector<double> exact_times;
  const std::size_t exact_queries = std::min(kExactQueries, kExactQueries * 1'000'000 * kDimension / vectors.size());
  for (std::size_t q = 0; q < exact_queries; ++q) {
    const auto query = queries.subspan(q * kDimension, kDimension);
    const auto exact_start = Clock::now();
    std::set<PhotoId> truth;
    for (const ScoredPhoto& hit : Exact(vectors, query)) {
      truth.insert(hit.photo);
    }
    exact_times.push_back(Seconds(exact_start) * 1000);
    CALOTYPE_ASSIGN_OR_RETURN(const auto hits, index->Nearest(query, kWanted, -1, {}));
    for (const ScoredPhoto& hit : hits) {
      found += static_cast<int>(truth.count(hit.photo));
    }
  }
  Tell("recall@10", static_cast<double>(found) / static_cast<double>(exact_queries * kWanted), "");
  Tell("exact scan of all vectors p50, one thread", Percentile(exact_times, 0.5), "ms");
  return absl::OkStatus();
}

}  // namespace

Status BenchVectors(const Options& options) {
  const Generator generator;
  fs::create_directories(options.folder);
  const fs::path file = options.folder / "vectors.f16";
  const auto start = Clock::now();
  CALOTYPE_RETURN_IF_ERROR(Generate(generator, file, options.count));
  Tell("generate", Seconds(start), "s");
  const std::vector<float> queries = generator.Chunk(7, kQueries);
  std::ofstream(options.folder / "queries.f32", std::ios::binary)
      .write(reinterpret_cast<const char*>(queries.data()), static_cast<std::streamsize>(queries.size() * 4));
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd opened, OpenForReading(file));
  const std::size_t bytes = static_cast<std::size_t>(options.count) * kDimension * 2;
  void* const at = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, opened.get(), 0);
  if (at == MAP_FAILED) {
    return absl::InternalError("the vectors cannot be mapped");
  }
  const std::span<const uint16_t> vectors(static_cast<const uint16_t*>(at), bytes / 2);
  Tell("vectors", static_cast<double>(options.count), "");
  fmt::print("kernel\t{}\t\n", CodeKernelInUse().name);
  CALOTYPE_RETURN_IF_ERROR(Build(options.folder / "index", vectors));
  const Status status = Measure(options.folder / "index", vectors, queries);
  munmap(at, bytes);
  return status;
}

}  // namespace calotype::bench
