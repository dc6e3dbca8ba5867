#include "search/vector_index/vector_index.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "base/half.h"
#include "base/prefetch.h"
#include "search/vector_index/code_groups.h"
#include "search/vector_index/dot.h"

namespace calotype {
namespace {

// How many vectors ahead of the comparison are prefetched.
constexpr std::size_t kAhead = 4;

// For each group of a block, one bit for each code that passes the filter.
using Masks = std::array<uint32_t, VectorFile::kBlock / kGroup>;

Masks Allowed(std::span<const int64_t> photos, const PhotoSet* only) {
  Masks masks;
  masks.fill(~uint32_t{0});
  static_assert(kGroup == 32);
  for (std::size_t start = 0; only != nullptr && start < photos.size(); start += kGroup) {
    const auto group = photos.subspan(start, std::min(kGroup, photos.size() - start));
    uint32_t mask = 0;
    for (std::size_t i = 0; i < group.size(); ++i) {
      mask |= uint32_t{only->Contains(group[i])} << i;
    }
    masks[start / kGroup] = mask;
  }
  return masks;
}

}  // namespace

// The nearest of the vectors that were compared exactly.
class VectorIndex::Nearness {
 public:
  Nearness(std::size_t count, float floor) : floor_(floor), top_(count) {}

  void Add(const ScoredPhoto& photo) {
    if (photo.score >= floor_) {
      top_.Add(photo);
      bound_ = top_.full() ? top_.worst().score : floor_;
    }
  }
  // The lowest cosine that can still enter the result.
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
  CALOTYPE_ASSIGN_OR_RETURN(index->file_, VectorFile::Open(folder, dimension, Coder::WordsOf(dimension), library));
  if (!index->file_->mean().empty()) {
    index->coder_.emplace(index->file_->mean());
  }
  return index;
}

Status VectorIndex::ForEach(const std::function<Status(PhotoId, std::span<const uint16_t>)>& visit) const {
  for (std::size_t number = 0; number < file_->blocks(); ++number) {
    CALOTYPE_ASSIGN_OR_RETURN(const VectorFile::Block block, file_->ReadBlock(number));
    for (std::size_t i = 0; i < block.photos.size(); ++i) {
      if (block.photos[i] != 0) {
        CALOTYPE_ASSIGN_OR_RETURN(const std::span<const uint16_t> halves,
                                  file_->Vector(number * VectorFile::kBlock + i));
        CALOTYPE_RETURN_IF_ERROR(visit(block.photos[i], halves));
      }
    }
  }
  return absl::OkStatus();
}

Status VectorIndex::Append(PhotoId photo, std::span<const uint16_t> halves) {
  if (halves.size() != dimension_) {
    return absl::InvalidArgumentError("the vector's dimension differs from the index's");
  }
  if (coder_.has_value()) {
    return AppendCoded(photo, halves);
  }
  waiting_.emplace_back(photo, std::vector<uint16_t>(halves.begin(), halves.end()));
  return waiting_.size() < kMeanOf ? absl::OkStatus() : Settle();
}

Status VectorIndex::AppendCoded(PhotoId photo, std::span<const uint16_t> halves) {
  std::vector<uint64_t> code(2 * coder_->words());
  const CodeFactors factors = coder_->Encode(ToFloat(halves), code);
  return file_->Append(photo, code, factors, halves);
}

Status VectorIndex::Settle() {
  std::vector<float> mean(dimension_);
  for (const auto& [photo, halves] : waiting_) {
    for (std::size_t i = 0; i < dimension_; ++i) {
      mean[i] += HalfToFloat(halves[i]) / static_cast<float>(waiting_.size());
    }
  }
  CALOTYPE_RETURN_IF_ERROR(file_->SetMean(mean));
  coder_.emplace(mean);
  for (const auto& [photo, halves] : std::exchange(waiting_, {})) {
    CALOTYPE_RETURN_IF_ERROR(AppendCoded(photo, halves));
  }
  return absl::OkStatus();
}

Status VectorIndex::Commit(int64_t last_change) {
  if (!waiting_.empty()) {
    CALOTYPE_RETURN_IF_ERROR(Settle());
  }
  return file_->Commit(last_change);
}

Status VectorIndex::Compare(const Candidate& candidate, std::span<const float> query, Nearness& nearest) const {
  CALOTYPE_ASSIGN_OR_RETURN(const std::span<const uint16_t> vector, file_->Vector(candidate.slot));
  nearest.Add({.photo = candidate.photo, .score = DotHalves(query, vector)});
  return absl::OkStatus();
}

Status VectorIndex::Compare(std::span<const Candidate> candidates, std::span<const float> query,
                            Nearness& nearest) const {
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (i + kAhead < candidates.size()) {
      file_->AskForVector(candidates[i + kAhead].slot);
    }
    if (candidates[i].highest >= nearest.bound()) {
      CALOTYPE_RETURN_IF_ERROR(Compare(candidates[i], query, nearest));
    }
  }
  return absl::OkStatus();
}

// One pass over all codes.
class VectorIndex::Scan {
 public:
  Scan(const VectorIndex& index, std::span<const float> query, const PhotoChoice& choice, Nearness& nearest)
      : index_(index), query_(query), coded_(index.coder_->Ask(query)), choice_(choice), nearest_(nearest) {}

  Status ReadBlock(std::size_t number) {
    CALOTYPE_ASSIGN_OR_RETURN(block_, index_.file_->ReadBlock(number));
    first_slot_ = number * VectorFile::kBlock;
    const std::size_t groups = GroupsOf(block_.photos.size());
    const Masks masks = Allowed(block_.photos, choice_.only);
    for (std::size_t first = NextOf(masks, 0, groups); first < groups;) {
      std::size_t end = first;
      while (end < groups && masks[end] != 0) {
        ++end;
      }
      const std::size_t next = NextOf(masks, end, groups);
      if (next < groups) {
        AskForGroup(next);
      }
      CALOTYPE_RETURN_IF_ERROR(ReadGroups(first, end, masks));
      first = next;
    }
    return absl::OkStatus();
  }

  // The candidates that were not compared yet.
  std::vector<Candidate> TakeCandidates() { return std::move(candidates_); }

 private:
  static std::size_t NextOf(const Masks& masks, std::size_t group, std::size_t groups) {
    while (group < groups && masks[group] == 0) {
      ++group;
    }
    return group;
  }

  // Prefetches a group while another is processed: if a filter skips groups, the CPU cannot predict the next one.
  void AskForGroup(std::size_t group) const {
    const std::size_t bytes = GroupBytes(index_.coder_->words());
    Prefetch(&block_.codes.signs[group * bytes], bytes);
  }

  Status ReadGroups(std::size_t first, std::size_t end, const Masks& masks) {
    near_.clear();
    coded_.Near(block_.codes, {.first = first, .end = end, .bound = nearest_.bound(), .masks = masks}, cosines_, near_);
    for (const std::size_t group : near_) {
      const std::size_t start = group * kGroup;
      for (std::size_t i = start; i < std::min(start + kGroup, block_.photos.size()); ++i) {
        if ((masks[group] >> (i - start) & 1U) != 0) {
          CALOTYPE_RETURN_IF_ERROR(Consider(i));
        }
      }
    }
    return absl::OkStatus();
  }

  Status Consider(std::size_t i) {
    const PhotoId photo = block_.photos[i];
    const auto [estimate, highest] = cosines_[i];
    if (highest < nearest_.bound() || photo == 0 || (choice_.except != nullptr && choice_.except->Contains(photo))) {
      return absl::OkStatus();
    }
    const Candidate candidate{
        .estimate = estimate, .highest = highest, .slot = static_cast<uint32_t>(first_slot_ + i), .photo = photo};
    if (candidate.estimate >= nearest_.bound()) {
      // Probably among the nearest: comparing it now raises the bound for all that follow.
      return index_.Compare(candidate, query_, nearest_);
    }
    candidates_.push_back(candidate);
    return absl::OkStatus();
  }

  const VectorIndex& index_;
  const std::span<const float> query_;
  const CodedQuery coded_;
  const PhotoChoice& choice_;
  Nearness& nearest_;
  VectorFile::Block block_;
  std::size_t first_slot_ = 0;
  std::array<CosineEstimate, VectorFile::kBlock> cosines_;
  std::vector<std::size_t> near_;  // group numbers
  std::vector<Candidate> candidates_;
};

StatusOr<std::vector<VectorIndex::Candidate>> VectorIndex::Candidates(std::span<const float> query,
                                                                      const PhotoChoice& choice,
                                                                      Nearness& nearest) const {
  Scan scan(*this, query, choice, nearest);
  for (std::size_t block = 0; block < file_->blocks(); ++block) {
    CALOTYPE_RETURN_IF_ERROR(scan.ReadBlock(block));
  }
  std::vector<Candidate> candidates = scan.TakeCandidates();
  std::erase_if(candidates, [&nearest](const Candidate& one) { return one.highest < nearest.bound(); });
  return candidates;
}

StatusOr<std::vector<ScoredPhoto>> VectorIndex::Nearest(std::span<const float> query, std::size_t count, float floor,
                                                        const PhotoChoice& choice) const {
  if (query.size() != dimension_ || count == 0 || file_->blocks() == 0) {
    return std::vector<ScoredPhoto>();
  }
  Nearness nearest(count, floor);
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<Candidate> candidates, Candidates(query, choice, nearest));
  // The most likely candidates first, because they raise the bound for the others; then the others in storage order.
  const std::size_t likeliest = std::min(count, candidates.size());
  std::ranges::nth_element(candidates, candidates.begin() + static_cast<std::ptrdiff_t>(likeliest), std::greater<>(),
                           &Candidate::estimate);
  CALOTYPE_RETURN_IF_ERROR(Compare(std::span(candidates).first(likeliest), query, nearest));
  candidates.erase(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(likeliest));
  std::erase_if(candidates, [&nearest](const Candidate& one) { return one.highest < nearest.bound(); });
  std::ranges::sort(candidates, {}, &Candidate::slot);
  CALOTYPE_RETURN_IF_ERROR(Compare(candidates, query, nearest));
  return nearest.Take();
}

}  // namespace calotype
