// Finds the nearest of a million vectors in a few milliseconds. The result is that of an exact scan, except for a small
// known probability of missing a neighbour.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/status.h"
#include "catalog/types.h"
#include "search/vector_index/coder.h"
#include "search/vector_index/photo_set.h"
#include "search/vector_index/top_hits.h"
#include "search/vector_index/vector_file.h"

namespace calotype {

// An index of unit vectors for search by cosine. A search estimates the cosine of every vector from the signs of its
// rotated coordinates (RaBitQ; Gao and Long, SIGMOD 2024); in groups of codes in which a vector may be among the
// nearest, it computes a better estimate from signs and sizes; the vectors that may still be are compared exactly, as
// f16. "May" means: the estimate plus kCodeSureness standard deviations of its error is high enough. In each of the two
// steps, a true neighbour is missed with the probability that a normally distributed error is larger, one in 740.
//
// Const methods may be called from several threads at once; the others need exclusive access.
class VectorIndex {
 public:
  // As VectorFile::Open().
  static StatusOr<std::unique_ptr<VectorIndex>> Open(const std::filesystem::path& folder, std::size_t dimension,
                                                     const std::string& library);

  const VectorFileState& state() const { return file_->state(); }
  const std::string& library() const { return file_->library(); }
  std::size_t dimension() const { return dimension_; }

  // Returns up to `count` of the photos that `choice` allows, with a cosine of at least `floor`, highest first. Groups
  // of codes (code_groups.h) without an allowed photo are skipped. kDataLoss as VectorFile::ReadBlock().
  StatusOr<std::vector<ScoredPhoto>> Nearest(std::span<const float> query, std::size_t count, float floor,
                                             const PhotoChoice& choice) const;

  // Calls `visit` for each vector that is not deleted, until it returns an error. kDataLoss as Nearest().
  Status ForEach(const std::function<Status(PhotoId, std::span<const uint16_t>)>& visit) const;

  // Adds the vector of `photo` as f16. Not visible to others before Commit().
  Status Append(PhotoId photo, std::span<const uint16_t> halves);
  Status RemovePhotos(const std::unordered_set<PhotoId>& photos) { return file_->RemovePhotos(photos); }
  Status Commit(int64_t last_change);

 private:
  // The number of vectors from which the mean is computed, the first ones. The mean of more would be nearly the same.
  static constexpr std::size_t kMeanOf = VectorFile::kBlock;

  explicit VectorIndex(std::size_t dimension) : dimension_(dimension) {}

  struct Candidate {
    float estimate;
    float highest;  // the highest cosine that it may have
    uint32_t slot;
    PhotoId photo;
  };

  class Nearness;
  class Scan;

  // Compares the candidate's vector with `query` exactly and adds it to `nearest`.
  Status Compare(const Candidate& candidate, std::span<const float> query, Nearness& nearest) const;
  Status Compare(std::span<const Candidate> candidates, std::span<const float> query, Nearness& nearest) const;
  Status AppendCoded(PhotoId photo, std::span<const uint16_t> halves);
  // Computes the mean of the waiting vectors and appends them.
  Status Settle();
  // Compares the vectors that are likely to be among the nearest, and returns the others that may be.
  StatusOr<std::vector<Candidate>> Candidates(std::span<const float> query, const PhotoChoice& choice,
                                              Nearness& nearest) const;

  const std::size_t dimension_;
  std::optional<Coder> coder_;  // nullopt: the index is empty, and the first vectors wait until the mean is known
  std::vector<std::pair<PhotoId, std::vector<uint16_t>>> waiting_;
  std::unique_ptr<VectorFile> file_;
};

}  // namespace calotype
