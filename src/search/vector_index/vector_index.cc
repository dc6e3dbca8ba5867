#include "search/vector_index/vector_index.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <queue>
#include <random>
#include <utility>

#include "base/half.h"
#include "search/dot.h"
#include "search/vector_index/code_kernels.h"

namespace calotype {
namespace {

constexpr std::size_t kWordBits = 64;
constexpr std::size_t kStride = 64;
constexpr float kQueryLevels = (1U << kQueryBits) - 1;

float SumOf(std::span<const float> values) {
  float sum = 0;
  for (const float value : values) {
    sum += value;
  }
  return sum;
}

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

// The rotated query in kQueryBits bits a coordinate: value = lowest + step * level.
struct VectorIndex::CodedQuery {
  std::vector<uint64_t> planes;
  float lowest = 0;
  float step = 0;
  float sum = 0;   // of all coordinates
  float root = 1;  // 1 / sqrt(number of coordinates)

  // The estimated cosine of codes `first` to `end` of a block, and what it may be at most: a code's scale times the
  // product of the query with the code, as a vector of +-root.
  void Estimate(const VectorFile::Block& block, const uint32_t* weighted, std::size_t first, std::size_t end,
                float* estimates, float* highest) const {
    const float per_bit = 2 * root * lowest;
    const float per_weight = 2 * root * step;
    const float constant = -root * sum;
    for (std::size_t i = first; i < end; ++i) {
      const auto weight = static_cast<float>(static_cast<int32_t>(weighted[i]));
      estimates[i] = block.scales[i] * (per_bit * block.bits[i] + per_weight * weight + constant);
      highest[i] = estimates[i] + kSureness * block.errors[i];
    }
  }
};

StatusOr<std::unique_ptr<VectorIndex>> VectorIndex::Open(const std::filesystem::path& folder, std::size_t dimension,
                                                         const std::string& library) {
  std::unique_ptr<VectorIndex> index(new VectorIndex(dimension, Rotation(dimension)));
  CALOTYPE_ASSIGN_OR_RETURN(index->file_,
                            VectorFile::Open(folder, dimension, index->rotation_.padded() / kWordBits, library));
  return index;
}

VectorIndex::CodedQuery VectorIndex::Code(std::span<const float> query) const {
  std::vector<float> rotated(rotation_.padded());
  rotation_.Apply(query, rotated);
  const std::size_t words = rotated.size() / kWordBits;
  const auto [lowest, highest] = std::ranges::minmax(rotated);
  CodedQuery coded{.planes = std::vector<uint64_t>(kQueryBits * words),
                   .lowest = lowest,
                   .step = std::max((highest - lowest) / kQueryLevels, 1e-12F),
                   .sum = SumOf(rotated),
                   .root = 1 / std::sqrt(static_cast<float>(rotated.size()))};
  // Rounded at random, so that the errors of the coordinates do not add up to one side.
  std::minstd_rand random(1);
  std::uniform_real_distribution<float> fraction(0, 1);
  for (std::size_t i = 0; i < rotated.size(); ++i) {
    const float exact = (rotated[i] - coded.lowest) / coded.step;
    const auto level = static_cast<uint64_t>(std::clamp(std::floor(exact + fraction(random)), 0.0F, kQueryLevels));
    for (std::size_t bit = 0; bit < kQueryBits; ++bit) {
      coded.planes[bit * words + i / kWordBits] |= (level >> bit & 1U) << (i % kWordBits);
    }
  }
  return coded;
}

Status VectorIndex::Append(PhotoId photo, std::span<const uint16_t> halves) {
  if (halves.size() != dimension_) {
    return absl::InvalidArgumentError("the vector has another dimension than the index");
  }
  const std::vector<float> vector = ToFloat(halves);
  std::vector<float> rotated(rotation_.padded());
  rotation_.Apply(vector, rotated);
  std::vector<uint64_t> code(rotated.size() / kWordBits);
  float bits = 0;
  float sum_of_sizes = 0;
  for (std::size_t i = 0; i < rotated.size(); ++i) {
    sum_of_sizes += std::abs(rotated[i]);
    if (rotated[i] > 0) {
      code[i / kWordBits] |= uint64_t{1} << (i % kWordBits);
      ++bits;
    }
  }
  // The cosine of the code with its own vector: about 0.8. The estimate divides by it, and its error depends on it.
  const auto coordinates = static_cast<float>(rotated.size());
  const float own = std::max(sum_of_sizes / std::sqrt(coordinates), 1e-6F);
  const float error = std::sqrt(std::max(0.0F, 1 - own * own) / (own * own * (coordinates - 1)));
  return file_->Append(photo, code, {.scale = 1 / own, .error = error, .bits = bits}, halves);
}

StatusOr<std::vector<VectorIndex::Candidate>> VectorIndex::Candidates(const CodedQuery& query, std::size_t count,
                                                                      float floor, const PhotoChoice& choice) const {
  const CodeKernel kernel = CodeKernelInUse().run;
  const std::size_t words = file_->words();
  std::array<uint32_t, VectorFile::kBlock> sums;
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
    const std::size_t size = block.photos.size();
    if (choice.only != nullptr) {
      for (std::size_t i = 0; i < size; ++i) {
        if (choice.only->Contains(block.photos[i])) {
          kernel(block.codes.data() + i * words, words, 1, query.planes.data(), &sums[i]);
          query.Estimate(block, sums.data(), i, i + 1, estimates.data(), highest.data());
          consider(i);
        }
      }
      continue;
    }
    kernel(block.codes.data(), words, size, query.planes.data(), sums.data());
    query.Estimate(block, sums.data(), 0, size, estimates.data(), highest.data());
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
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<Candidate> candidates, Candidates(Code(query), count, floor, choice));
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
