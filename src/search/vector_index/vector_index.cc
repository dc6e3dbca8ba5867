#include "search/vector_index/vector_index.h"

#include <algorithm>
#include <array>
#include <functional>
#include <queue>
#include <utility>

#include "base/half.h"
#include "search/dot.h"

namespace calotype {
namespace {

// Codes of which is asked at once whether one is near enough.
constexpr std::size_t kStride = 64;

// The `count` highest of what is added; its lowest is what a further one must pass.
class Highest {
 public:
  Highest(std::size_t count, float floor) : count_(count), floor_(floor) {}
  void Add(float value) {
    if (heap_.size() < count_) {
      heap_.push(value);
    } else if (value > heap_.top()) {
      heap_.pop();
      heap_.push(value);
    }
  }
  float bound() const { return heap_.size() < count_ ? floor_ : std::max(floor_, heap_.top()); }

 private:
  const std::size_t count_;
  const float floor_;
  std::priority_queue<float, std::vector<float>, std::greater<>> heap_;
};

}  // namespace

StatusOr<std::unique_ptr<VectorIndex>> VectorIndex::Open(const std::filesystem::path& folder, std::size_t dimension,
                                                         const std::string& library) {
  std::unique_ptr<VectorIndex> index(new VectorIndex(dimension));
  CALOTYPE_ASSIGN_OR_RETURN(index->file_, VectorFile::Open(folder, dimension, index->coder_.words(), library));
  return index;
}

Status VectorIndex::Append(PhotoId photo, std::span<const uint16_t> halves) {
  if (halves.size() != dimension_) {
    return absl::InvalidArgumentError("the vector has another dimension than the index");
  }
  std::vector<uint64_t> code(coder_.words());
  const CodeFactors factors = coder_.Encode(ToFloat(halves), code);
  return file_->Append(photo, code, factors, halves);
}

StatusOr<std::vector<VectorIndex::Candidate>> VectorIndex::Candidates(const CodedQuery& query, std::size_t count,
                                                                      float floor, const PhotoChoice& choice) const {
  std::array<float, VectorFile::kBlock> estimates;
  std::array<float, VectorFile::kBlock> highest;
  Highest sure(count, floor);  // what the wanted ones are at least
  float bound = sure.bound();
  std::vector<Candidate> candidates;
  for (std::size_t b = 0; b < file_->blocks(); ++b) {
    CALOTYPE_ASSIGN_OR_RETURN(const VectorFile::Block block, file_->ReadBlock(b));
    const auto consider = [&](std::size_t i) {
      if (highest[i] < bound || block.photos[i] == 0 || !choice.Allows(block.photos[i])) {
        return;
      }
      sure.Add(2 * estimates[i] - highest[i]);
      bound = sure.bound();
      candidates.push_back({.estimate = estimates[i],
                            .highest = highest[i],
                            .slot = static_cast<uint32_t>(b * VectorFile::kBlock + i),
                            .photo = block.photos[i]});
    };
    const CodeSpan codes{.codes = block.codes, .scales = block.scales, .errors = block.errors, .bits = block.bits};
    const std::size_t size = block.photos.size();
    if (choice.only != nullptr) {
      for (std::size_t i = 0; i < size; ++i) {
        if (choice.only->Contains(block.photos[i])) {
          query.Estimate(codes, i, i + 1, estimates.data(), highest.data());
          consider(i);
        }
      }
      continue;
    }
    query.Estimate(codes, 0, size, estimates.data(), highest.data());
    for (std::size_t first = 0; first < size; first += kStride) {
      const std::size_t end = std::min(first + kStride, size);
      // Hardly ever is there one among them; to ask all at once is quicker than to ask each.
      int any = 0;
      for (std::size_t i = first; i < end; ++i) {
        any |= highest[i] >= bound ? 1 : 0;
      }
      for (std::size_t i = first; any != 0 && i < end; ++i) {
        consider(i);
      }
    }
  }
  std::erase_if(candidates, [&sure](const Candidate& one) { return one.highest < sure.bound(); });
  return candidates;
}

StatusOr<std::vector<ScoredPhoto>> VectorIndex::Nearest(std::span<const float> query, std::size_t count, float floor,
                                                        const PhotoChoice& choice) const {
  if (query.size() != dimension_ || count == 0) {
    return std::vector<ScoredPhoto>();
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<Candidate> candidates, Candidates(coder_.Ask(query), count, floor, choice));
  // The likeliest first: they raise what the others must reach.
  std::ranges::sort(candidates, std::greater<>(), &Candidate::estimate);
  TopHits top(count);
  Highest found(count, floor);
  for (const Candidate& candidate : candidates) {
    if (candidate.highest < found.bound()) {
      continue;
    }
    CALOTYPE_ASSIGN_OR_RETURN(const std::span<const uint16_t> vector, file_->Vector(candidate.slot));
    const float cosine = DotHalves(query, vector);
    if (cosine >= floor) {
      found.Add(cosine);
      top.Add({.photo = candidate.photo, .score = cosine});
    }
  }
  return top.Take();
}

}  // namespace calotype
