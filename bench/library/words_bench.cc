// Searches a million photos by text vectors, which are far from all image vectors.
#include <algorithm>
#include <set>
#include <vector>

#include "base/half.h"
#include "search/vector_index/vector_index.h"
#include "sections.h"
#include "synthetic.h"

namespace calotype::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kQueries = 100;
constexpr std::size_t kExactQueries = 20;
constexpr std::size_t kWanted = 200;  // the least number that a search requests
// As reported for CLIP's embeddings: two unrelated photos have a cosine of 0.5; text and a photo 0.2 with a deviation
// of 0.04; text and matching photos 0.35 to 0.45.
constexpr float kCone = 0.707F;
constexpr float kWordsInCone = 0.28F;
constexpr float kWordsOnTopic = 0.37F;
constexpr float kWordsElsewhere = 0.885F;

void Add(std::span<float> to, float factor, std::span<const float> vector) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    to[i] += factor * vector[i];
  }
}

Status Build(const fs::path& folder, std::span<const uint16_t> vectors, std::span<const float> cone) {
  CALOTYPE_RETURN_IF_ERROR(VectorFile::Remove(folder));
  CALOTYPE_ASSIGN_OR_RETURN(const auto index, VectorIndex::Open(folder, kDimension, "bench"));
  for (std::size_t i = 0; i * kDimension < vectors.size(); ++i) {
    std::vector<float> photo(kDimension);
    Add(photo, kCone, cone);
    Add(photo, kCone, ToFloat(vectors.subspan(i * kDimension, kDimension)));
    MakeUnit(photo);
    CALOTYPE_RETURN_IF_ERROR(index->Append(static_cast<PhotoId>(i + 1), ToHalf(photo)));
  }
  return index->Commit(1);
}

// Each query is about the topic of one photo.
std::vector<std::vector<float>> MakeQueries(std::span<const uint16_t> vectors, std::span<const float> cone) {
  std::vector<std::vector<float>> queries;
  for (std::size_t q = 0; q < kQueries; ++q) {
    const std::size_t topic = q * (vectors.size() / kDimension / kQueries) * kDimension;
    std::vector<float> elsewhere = NormalValues(kDimension, 100 + q);
    MakeUnit(elsewhere);
    std::vector<float> query(kDimension);
    Add(query, kWordsInCone, cone);
    Add(query, kWordsOnTopic, ToFloat(vectors.subspan(topic, kDimension)));
    Add(query, kWordsElsewhere, elsewhere);
    MakeUnit(query);
    queries.push_back(query);
  }
  return queries;
}

}  // namespace

Status BenchWords(const Options& options) {
  const VectorGenerator generator;
  CALOTYPE_ASSIGN_OR_RETURN(const auto vectors, MappedVectors(generator, options.folder, options.count));
  std::vector<float> cone = NormalValues(kDimension, 3);
  MakeUnit(cone);
  const fs::path folder = options.folder / "words";
  CALOTYPE_RETURN_IF_ERROR(Build(folder, vectors, cone));
  CALOTYPE_ASSIGN_OR_RETURN(const auto photos, MappedHalves(folder / "vectors", options.count));
  CALOTYPE_ASSIGN_OR_RETURN(const auto index, VectorIndex::Open(folder, kDimension, "bench"));
  const std::vector<std::vector<float>> queries = MakeQueries(vectors, cone);
  CALOTYPE_RETURN_IF_ERROR(index->Nearest(queries[0], kWanted, -1, {}).status());  // verifies every record
  std::vector<double> times;
  std::vector<double> exact_times;
  std::size_t found = 0;
  for (std::size_t q = 0; q < kQueries; ++q) {
    const Stopwatch watch;
    CALOTYPE_ASSIGN_OR_RETURN(const auto hits, index->Nearest(queries[q], kWanted, -1, {}));
    times.push_back(watch.Milliseconds());
    if (q < kExactQueries) {
      const Stopwatch exact;
      std::set<PhotoId> truth;
      for (const ScoredPhoto& hit : Exact(photos, queries[q], kWanted)) {
        truth.insert(hit.photo);
      }
      exact_times.push_back(exact.Milliseconds());
      found += static_cast<std::size_t>(
          std::ranges::count_if(hits, [&truth](const ScoredPhoto& hit) { return truth.contains(hit.photo); }));
    }
  }
  Tell("words: query for 200 p50, one thread", Percentile(times, 0.5), "ms");
  Tell("words: query for 200 p99, one thread", Percentile(times, 0.99), "ms");
  Tell("words: recall@200", static_cast<double>(found) / (kExactQueries * kWanted), "");
  Tell("words: exact scan of all p50, one thread", Percentile(exact_times, 0.5), "ms");
  return absl::OkStatus();
}

}  // namespace calotype::bench
