#include "search/vector_index/vector_index.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "base/half.h"
#include "search/dot.h"

namespace calotype {
namespace {

// Codes of which is asked at once whether one is near enough.
constexpr std::size_t kStride = 64;

}  // namespace

// The nearest of those whose own cosines are known.
class VectorIndex::Nearness {
 public:
  Nearness(std::size_t count, float floor) : floor_(floor), top_(count) {}

  void Add(const ScoredPhoto& photo) {
    if (photo.score >= floor_) {
      top_.Add(photo);
      bound_ = top_.full() ? top_.worst().score : floor_;
    }
  }
  // The least cosine that is of interest still.
  float bound() const { return bound_; }
  std::vector<ScoredPhoto> Take() { return top_.Take(); }

 private:
  const float floor_;
  float bound_ = floor_;
  TopHits top_;
};

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

Status VectorIndex::Compare(const Candidate& candidate, std::span<const float> query, Nearness& nearest) const {
  CALOTYPE_ASSIGN_OR_RETURN(const std::span<const uint16_t> vector, file_->Vector(candidate.slot));
  nearest.Add({.photo = candidate.photo, .score = DotHalves(query, vector)});
  return absl::OkStatus();
}

StatusOr<std::vector<VectorIndex::Candidate>> VectorIndex::Candidates(std::span<const float> query,
                                                                      const PhotoChoice& choice,
                                                                      Nearness& nearest) const {
  const CodedQuery coded = coder_.Ask(query);
  std::array<float, VectorFile::kBlock> estimates;
  std::array<float, VectorFile::kBlock> highest;
  std::vector<Candidate> candidates;
  for (std::size_t b = 0; b < file_->blocks(); ++b) {
    CALOTYPE_ASSIGN_OR_RETURN(const VectorFile::Block block, file_->ReadBlock(b));
    const auto consider = [&](std::size_t i) -> Status {
      if (highest[i] < nearest.bound() || block.photos[i] == 0 || !choice.Allows(block.photos[i])) {
        return absl::OkStatus();
      }
      const Candidate candidate{.estimate = estimates[i],
                                .highest = highest[i],
                                .slot = static_cast<uint32_t>(b * VectorFile::kBlock + i),
                                .photo = block.photos[i]};
      if (candidate.estimate >= nearest.bound()) {
        // Likely to be among the nearest so far: its own cosine at once raises what all that come must reach.
        return Compare(candidate, query, nearest);
      }
      candidates.push_back(candidate);
      return absl::OkStatus();
    };
    const CodeSpan codes{.codes = block.codes, .scales = block.scales, .errors = block.errors, .bits = block.bits};
    const std::size_t size = block.photos.size();
    if (choice.only != nullptr) {
      for (std::size_t i = 0; i < size; ++i) {
        if (choice.only->Contains(block.photos[i])) {
          coded.Estimate(codes, i, i + 1, estimates.data(), highest.data());
          CALOTYPE_RETURN_IF_ERROR(consider(i));
        }
      }
      continue;
    }
    coded.Estimate(codes, 0, size, estimates.data(), highest.data());
    for (std::size_t first = 0; first < size; first += kStride) {
      const std::size_t end = std::min(first + kStride, size);
      // Hardly ever is there one among them; to ask all at once is quicker than to ask each.
      const float bound = nearest.bound();
      int any = 0;
      for (std::size_t i = first; i < end; ++i) {
        any |= highest[i] >= bound ? 1 : 0;
      }
      for (std::size_t i = first; any != 0 && i < end; ++i) {
        CALOTYPE_RETURN_IF_ERROR(consider(i));
      }
    }
  }
  std::erase_if(candidates, [&nearest](const Candidate& one) { return one.highest < nearest.bound(); });
  return candidates;
}

StatusOr<std::vector<ScoredPhoto>> VectorIndex::Nearest(std::span<const float> query, std::size_t count, float floor,
                                                        const PhotoChoice& choice) const {
  if (query.size() != dimension_ || count == 0) {
    return std::vector<ScoredPhoto>();
  }
  Nearness nearest(count, floor);
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<Candidate> candidates, Candidates(query, choice, nearest));
  // The likeliest first: they raise what the others must reach.
  std::ranges::sort(candidates, std::greater<>(), &Candidate::estimate);
  for (const Candidate& candidate : candidates) {
    if (candidate.highest >= nearest.bound()) {
      CALOTYPE_RETURN_IF_ERROR(Compare(candidate, query, nearest));
    }
  }
  return nearest.Take();
}

}  // namespace calotype
