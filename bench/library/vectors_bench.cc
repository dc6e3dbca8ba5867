// Measures the vector index with a million vectors: recall, speed and size.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "search/vector_index/code_kernels.h"
#include "search/vector_index/vector_index.h"
#include "sections.h"
#include "synthetic.h"

namespace calotype::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kQueries = 1000;
constexpr std::size_t kExactQueries = 200;  // fewer for more than a million vectors
constexpr std::size_t kWanted = 10;

// Resident megabytes: of the process, and of the mapped vectors of the index.
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

Status Build(const fs::path& folder, std::span<const uint16_t> vectors) {
  CALOTYPE_RETURN_IF_ERROR(VectorFile::Remove(folder));
  CALOTYPE_ASSIGN_OR_RETURN(const auto index, VectorIndex::Open(folder, kDimension, "bench"));
  const Stopwatch watch;
  for (std::size_t i = 0; i * kDimension < vectors.size(); ++i) {
    CALOTYPE_RETURN_IF_ERROR(index->Append(static_cast<PhotoId>(i + 1), vectors.subspan(i * kDimension, kDimension)));
  }
  CALOTYPE_RETURN_IF_ERROR(index->Commit(1));
  Tell("build, one thread", watch.Seconds(), "s");
  return absl::OkStatus();
}

// Milliseconds per query: wall-clock time and CPU time.
struct Times {
  std::vector<double> wall;
  std::vector<double> cpu;
};

StatusOr<Times> Time(const VectorIndex& index, std::span<const float> queries, const PhotoChoice& choice) {
  Times times;
  for (std::size_t q = 0; q * kDimension < queries.size(); ++q) {
    const Stopwatch watch;
    const double cpu = CpuMilliseconds();
    CALOTYPE_RETURN_IF_ERROR(index.Nearest(queries.subspan(q * kDimension, kDimension), kWanted, -1, choice).status());
    times.cpu.push_back(CpuMilliseconds() - cpu);
    times.wall.push_back(watch.Milliseconds());
  }
  return times;
}

Status Measure(const fs::path& folder, std::span<const uint16_t> vectors, std::span<const float> queries) {
  const Resident before = ReadResident();
  const Stopwatch opening;
  CALOTYPE_ASSIGN_OR_RETURN(const auto index, VectorIndex::Open(folder, kDimension, "bench"));
  Tell("open", opening.Milliseconds(), "ms");
  const Stopwatch first;
  CALOTYPE_RETURN_IF_ERROR(index->Nearest(queries.first(kDimension), kWanted, -1, {}).status());
  Tell("first query, with the check of every record", first.Milliseconds(), "ms");
  CALOTYPE_ASSIGN_OR_RETURN(Times times, Time(*index, queries, {}));
  Tell("query p50, one thread", Percentile(times.wall, 0.5), "ms");
  Tell("query p99, one thread", Percentile(times.wall, 0.99), "ms");
  Tell("query p50, processor", Percentile(times.cpu, 0.5), "ms");
  Tell("query p99, processor", Percentile(times.cpu, 0.99), "ms");
  const Resident after = ReadResident();
  Tell("resident beside the mapped vectors", after.all - after.vectors - (before.all - before.vectors), "MB");
  PhotoSet few;
  for (std::size_t photo = 50; photo * kDimension < vectors.size(); photo += 100) {
    few.Add(static_cast<PhotoId>(photo));
  }
  CALOTYPE_ASSIGN_OR_RETURN(times, Time(*index, queries, {.only = &few}));
  Tell("query p99 where a filter lets 1 % through", Percentile(times.wall, 0.99), "ms");
  int found = 0;
  std::vector<double> exact_times;
  const std::size_t exact_queries = std::min(kExactQueries, kExactQueries * 1'000'000 * kDimension / vectors.size());
  for (std::size_t q = 0; q < exact_queries; ++q) {
    const auto query = queries.subspan(q * kDimension, kDimension);
    const Stopwatch exact;
    std::set<PhotoId> truth;
    for (const ScoredPhoto& hit : Exact(vectors, query, kWanted)) {
      truth.insert(hit.photo);
    }
    exact_times.push_back(exact.Milliseconds());
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
  const VectorGenerator generator;
  const Stopwatch watch;
  CALOTYPE_ASSIGN_OR_RETURN(const auto vectors, MappedVectors(generator, options.folder, options.count));
  Tell("generate", watch.Seconds(), "s");
  const std::vector<float> queries = generator.Chunk(7, kQueries);
  Tell("vectors", static_cast<double>(options.count), "");
  fmt::print("kernel\t{}\t\n", CodeKernelInUse().name);
  CALOTYPE_RETURN_IF_ERROR(Build(options.folder / "index", vectors));
  return Measure(options.folder / "index", vectors, queries);
}

}  // namespace calotype::bench
