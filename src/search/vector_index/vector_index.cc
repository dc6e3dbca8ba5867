#include "search/vector_index/vector_index.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "base/half.h"
#include "search/dot.h"
#include "search/vector_index/code_groups.h"

namespace calotype {
namespace {

// Codes of which is asked at once whether one is near enough.
constexpr std::size_t kStride = 128;

// Of each group of a block, which places a filter lets through, a bit each.
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

// Whether one is as high as `bound`. Hardly ever is there one: to ask all at once is quicker than to ask each.
bool AnyReaches(std::span<const float> highest, float bound) {
  int any = 0;
  for (const float one : highest) {
    any |= one >= bound ? 1 : 0;
  }
  return any != 0;
}

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

// A pass over all codes.
class VectorIndex::Scan {
 public:
  Scan(const VectorIndex& index, std::span<const float> query, const PhotoChoice& choice, Nearness& nearest)
      : index_(index), query_(query), coded_(index.coder_.Ask(query)), choice_(choice), nearest_(nearest) {}

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

  // Those that were not compared yet.
  std::vector<Candidate> TakeCandidates() { return std::move(candidates_); }

 private:
  static std::size_t NextOf(const Masks& masks, std::size_t group, std::size_t groups) {
    while (group < groups && masks[group] == 0) {
      ++group;
    }
    return group;
  }

  // Of memory, while another one is read: where a filter leaves groups out, the CPU does not know what comes next.
  void AskForGroup(std::size_t group) const {
    constexpr std::size_t kCacheLine = 64;
    const std::size_t bytes = GroupBytes(index_.coder_.words());
    for (std::size_t at = 0; at < bytes; at += kCacheLine) {
      __builtin_prefetch(&block_.groups[group * bytes + at]);
    }
  }

  Status ReadGroups(std::size_t first, std::size_t end, const Masks& masks) {
    const std::size_t stop = std::min(end * kGroup, block_.photos.size());
    coded_.Highest({.groups = block_.groups, .scales = block_.scales, .errors = block_.errors}, first * kGroup, stop,
                   highest_.data());
    for (std::size_t start = first * kGroup; start < stop; start += kStride) {
      const std::size_t count = std::min(kStride, stop - start);
      if (!AnyReaches(std::span(highest_).subspan(start, count), nearest_.bound())) {
        continue;
      }
      for (std::size_t i = start; i < start + count; ++i) {
        if ((masks[i / kGroup] >> (i % kGroup) & 1U) != 0) {
          CALOTYPE_RETURN_IF_ERROR(Consider(i));
        }
      }
    }
    return absl::OkStatus();
  }

  Status Consider(std::size_t i) {
    const PhotoId photo = block_.photos[i];
    if (highest_[i] < nearest_.bound() || photo == 0 ||
        (choice_.except != nullptr && choice_.except->Contains(photo))) {
      return absl::OkStatus();
    }
    const Candidate candidate{.estimate = highest_[i] - kCodeSureness * block_.errors[i],
                              .highest = highest_[i],
                              .slot = static_cast<uint32_t>(first_slot_ + i),
                              .photo = photo};
    if (candidate.estimate >= nearest_.bound()) {
      // Likely to be among the nearest so far: its own cosine at once raises what all that come must reach.
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
  std::array<float, VectorFile::kBlock> highest_;
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
