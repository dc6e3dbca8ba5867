// Searches the same vectors in graphs (HNSW) by USearch and hnswlib, where the build found their headers: recall and
// time at several expansions, compared with our index and the exact scan. Compiled for AVX2 and FMA, so that both run
// at their best.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/half.h"
#include "search/vector_index/vector_index.h"
#include "sections.h"
#include "synthetic.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#ifdef CALOTYPE_BENCH_USEARCH
#include <usearch/index_dense.hpp>
#endif
#ifdef CALOTYPE_BENCH_HNSWLIB
#include <hnswlib/hnswlib.h>
#endif
#pragma GCC diagnostic pop

namespace calotype::bench {
namespace {

constexpr std::size_t kQueries = 200;
constexpr std::size_t kWanted = 10;
#if defined(CALOTYPE_BENCH_USEARCH) || defined(CALOTYPE_BENCH_HNSWLIB)
constexpr std::size_t kConnectivity = 16;
constexpr std::size_t kBuildExpansions[] = {128, 256};
constexpr std::size_t kExpansions[] = {16, 32, 64, 128, 256, 512, 1024};
#endif

struct Problem {
  std::span<const uint16_t> vectors;
  std::vector<float> queries;
  std::vector<std::set<PhotoId>> truth;

  std::span<const float> query(std::size_t q) const { return std::span(queries).subspan(q * kDimension, kDimension); }
};

using Search = std::function<std::vector<PhotoId>(std::span<const float> query)>;

// Measures one point of the curve.
void Try(const Problem& problem, const std::string& name, const Search& search) {
  std::vector<double> times;
  std::vector<double> processor;
  std::size_t found = 0;
  for (std::size_t q = 0; q < kQueries; ++q) {
    const Stopwatch watch;
    const double cpu = CpuMilliseconds();
    const std::vector<PhotoId> hits = search(problem.query(q));
    processor.push_back(CpuMilliseconds() - cpu);
    times.push_back(watch.Milliseconds());
    found += static_cast<std::size_t>(
        std::ranges::count_if(hits, [&](PhotoId hit) { return problem.truth[q].contains(hit); }));
  }
  fmt::print("{}\trecall@10 {:.3f}\tp50 {:.2f} ms\tp99 {:.2f} ms\tprocessor p50 {:.2f} ms\n", name,
             static_cast<double>(found) / (kQueries * kWanted), Percentile(times, 0.5), Percentile(times, 0.99),
             Percentile(processor, 0.5));
  std::fflush(stdout);
}

void TellBuild(const std::string& name, const Stopwatch& watch, double cpu, double memory) {
  fmt::print("{}\tbuild {:.1f} s, {:.1f} s of the processor\t{:.0f} MB more resident\n", name, watch.Seconds(),
             (CpuMilliseconds() - cpu) / 1000, MemoryOf("VmRSS") - memory);
  std::fflush(stdout);
}

#ifdef CALOTYPE_BENCH_USEARCH
Status TryUsearch(const Problem& problem, std::size_t build_expansion) {
  using Index = unum::usearch::index_dense_gt<uint64_t, uint32_t>;
  const std::string name = fmt::format("usearch, built at {}", build_expansion);
  unum::usearch::index_dense_config_t config(kConnectivity, build_expansion, build_expansion);
  auto made = Index::make(unum::usearch::metric_punned_t(kDimension, unum::usearch::metric_kind_t::ip_k,
                                                         unum::usearch::scalar_kind_t::f32_k),
                          config);
  if (!made) {
    return absl::InternalError("USearch could not create an index");
  }
  Index index = std::move(made.index);
  const std::size_t count = problem.vectors.size() / kDimension;
  index.try_reserve(unum::usearch::index_limits_t(count, 1));
  const double memory = MemoryOf("VmRSS");
  const Stopwatch watch;
  const double cpu = CpuMilliseconds();
  for (std::size_t i = 0; i < count; ++i) {
    const std::vector<float> vector = ToFloat(problem.vectors.subspan(i * kDimension, kDimension));
    if (!index.add(i + 1, vector.data())) {
      return absl::InternalError("USearch could not add a vector");
    }
  }
  TellBuild(name, watch, cpu, memory);
  for (const std::size_t expansion : kExpansions) {
    index.change_expansion_search(expansion);
    Try(problem, fmt::format("{}, searched at {}", name, expansion), [&index](std::span<const float> query) {
      std::vector<uint64_t> keys(kWanted);
      const auto result = index.search(query.data(), kWanted);
      keys.resize(result.dump_to(keys.data()));
      return std::vector<PhotoId>(keys.begin(), keys.end());
    });
  }
  return absl::OkStatus();
}
#endif

#ifdef CALOTYPE_BENCH_HNSWLIB
Status TryHnswlib(const Problem& problem, std::size_t build_expansion) {
  const std::string name = fmt::format("hnswlib, built at {}", build_expansion);
  const std::size_t count = problem.vectors.size() / kDimension;
  const double memory = MemoryOf("VmRSS");
  hnswlib::InnerProductSpace space(kDimension);
  hnswlib::HierarchicalNSW<float> index(&space, count, kConnectivity, build_expansion);
  const Stopwatch watch;
  const double cpu = CpuMilliseconds();
  for (std::size_t i = 0; i < count; ++i) {
    const std::vector<float> vector = ToFloat(problem.vectors.subspan(i * kDimension, kDimension));
    index.addPoint(vector.data(), i + 1);
  }
  TellBuild(name, watch, cpu, memory);
  for (const std::size_t expansion : kExpansions) {
    index.setEf(expansion);
    Try(problem, fmt::format("{}, searched at {}", name, expansion), [&index](std::span<const float> query) {
      std::vector<PhotoId> hits;
      for (auto queue = index.searchKnn(query.data(), kWanted); !queue.empty(); queue.pop()) {
        hits.push_back(static_cast<PhotoId>(queue.top().second));
      }
      return hits;
    });
  }
  return absl::OkStatus();
}
#endif

Status TryOurs(const Problem& problem, const std::filesystem::path& folder) {
  CALOTYPE_RETURN_IF_ERROR(VectorFile::Remove(folder));
  CALOTYPE_ASSIGN_OR_RETURN(const auto index, VectorIndex::Open(folder, kDimension, "bench"));
  const double memory = MemoryOf("VmRSS");
  const Stopwatch watch;
  const double cpu = CpuMilliseconds();
  for (std::size_t i = 0; i * kDimension < problem.vectors.size(); ++i) {
    CALOTYPE_RETURN_IF_ERROR(
        index->Append(static_cast<PhotoId>(i + 1), problem.vectors.subspan(i * kDimension, kDimension)));
  }
  CALOTYPE_RETURN_IF_ERROR(index->Commit(1));
  TellBuild("ours", watch, cpu, memory);
  Try(problem, "ours", [&index](std::span<const float> query) {
    std::vector<PhotoId> hits;
    const auto found = index->Nearest(query, kWanted, -1, {});
    for (const ScoredPhoto& hit : found.ok() ? *found : std::vector<ScoredPhoto>()) {
      hits.push_back(hit.photo);
    }
    return hits;
  });
  return absl::OkStatus();
}

}  // namespace

Status BenchHnsw(const Options& options) {
  const VectorGenerator generator;
  Problem problem{.vectors = {}, .queries = generator.Chunk(7, kQueries), .truth = {}};
  CALOTYPE_ASSIGN_OR_RETURN(problem.vectors, MappedVectors(generator, options.folder, options.count));
  Tell("vectors", static_cast<double>(options.count), "");
  std::vector<double> times;
  for (std::size_t q = 0; q < kQueries; ++q) {
    const Stopwatch watch;
    std::set<PhotoId>& truth = problem.truth.emplace_back();
    for (const ScoredPhoto& hit : Exact(problem.vectors, problem.query(q), kWanted)) {
      truth.insert(hit.photo);
    }
    times.push_back(watch.Milliseconds());
  }
  Tell("exact scan p50, one thread", Percentile(times, 0.5), "ms");
  CALOTYPE_RETURN_IF_ERROR(TryOurs(problem, options.folder / "index"));
#if defined(CALOTYPE_BENCH_USEARCH) || defined(CALOTYPE_BENCH_HNSWLIB)
  for (const std::size_t expansion : kBuildExpansions) {
#ifdef CALOTYPE_BENCH_USEARCH
    CALOTYPE_RETURN_IF_ERROR(TryUsearch(problem, expansion));
#endif
#ifdef CALOTYPE_BENCH_HNSWLIB
    CALOTYPE_RETURN_IF_ERROR(TryHnswlib(problem, expansion));
#endif
  }
#else
  fmt::print(stderr, "built without USearch (fetch_peers) and hnswlib (libhnswlib-dev)\n");
#endif
  return absl::OkStatus();
}

}  // namespace calotype::bench
