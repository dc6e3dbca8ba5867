// The nearest of a million vectors in a few milliseconds, exactly as a scan of all would find them but for a small
// chance that is stated.
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

// The signs of the rotated vector's coordinates, and RaBitQ's unbiased estimate of the cosine from them (Gao and Long,
// SIGMOD 2024), over every code; a finer one, from signs and sizes, in groups in which one may reach the wanted ones;
// then the exact cosine, from the f16 vectors, of all that still may. May: the estimate and kCodeSureness standard
// deviations of its error do. A true neighbour is lost with the chance that a normal error is larger than that, one in
// 740 for each of the two. Unit vectors; cosine. Const methods may be called from several threads at once; the others
// need exclusive access.
class VectorIndex {
 public:
  // As VectorFile::Open.
  static StatusOr<std::unique_ptr<VectorIndex>> Open(const std::filesystem::path& folder, std::size_t dimension,
                                                     const std::string& library);

  const VectorFileState& state() const { return file_->state(); }
  const std::string& library() const { return file_->library(); }
  std::size_t dimension() const { return dimension_; }

  // The `count` allowed photos with the highest cosine of at least `floor`, best first. Groups of codes
  // (code_groups.h) of which none is allowed are not looked at. kDataLoss as VectorFile::ReadBlock.
  StatusOr<std::vector<ScoredPhoto>> Nearest(std::span<const float> query, std::size_t count, float floor,
                                             const PhotoChoice& choice) const;

  // The catalogue's vector of `photo`; Commit() makes it seen.
  Status Append(PhotoId photo, std::span<const uint16_t> halves);
  Status RemovePhotos(const std::unordered_set<PhotoId>& photos) { return file_->RemovePhotos(photos); }
  Status Commit(int64_t last_change);

 private:
  // Vectors whose mean is that of the codes, the first ones: a mean of more would hardly be another.
  static constexpr std::size_t kMeanOf = VectorFile::kBlock;

  explicit VectorIndex(std::size_t dimension) : dimension_(dimension) {}

  struct Candidate {
    float estimate;
    float highest;  // that it may be
    uint32_t slot;
    PhotoId photo;
  };

  class Nearness;
  class Scan;

  // Reads the candidate's vector and adds its cosine with `query` to the nearest.
  Status Compare(const Candidate& candidate, std::span<const float> query, Nearness& nearest) const;
  Status Compare(std::span<const Candidate> candidates, std::span<const float> query, Nearness& nearest) const;
  Status AppendCoded(PhotoId photo, std::span<const uint16_t> halves);
  // The mean is that of the vectors that wait for it, which are appended.
  Status Settle();
  // Compares those that are likely to be among the nearest, and answers the others that may be.
  StatusOr<std::vector<Candidate>> Candidates(std::span<const float> query, const PhotoChoice& choice,
                                              Nearness& nearest) const;

  const std::size_t dimension_;
  std::optional<Coder> coder_;  // none: the index is empty, and the first vectors wait for their mean
  std::vector<std::pair<PhotoId, std::vector<uint16_t>>> waiting_;
  std::unique_ptr<VectorFile> file_;
};

}  // namespace calotype
