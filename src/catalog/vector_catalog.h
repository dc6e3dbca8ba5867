// The role of the vector index: reads embeddings, and which of them changed. An index of them is kept outside the
// catalogue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "catalog/types.h"

namespace calotype {

// The state of the vectors of one space. Changes are numbered in ascending order.
struct VectorChanges {
  std::string library;        // names the catalogue: an index of another catalogue must be rebuilt
  int64_t first = 0;          // the oldest change of any space that is still recorded
  int64_t last = 0;           // the newest change of this space; 0 when there is none
  int64_t vectors = 0;        // a lower bound of their number
  std::size_t dimension = 0;  // of one vector
};

// Vectors have unit length and are f16 (base/half.h). A space names vectors that can be compared with each other.
class VectorCatalog {
 public:
  virtual ~VectorCatalog() = default;

  // The spaces in which present photos have vectors.
  virtual StatusOr<std::vector<std::string>> Spaces() = 0;
  // The vector of `photo` in `space`; nullopt when it has none.
  virtual StatusOr<std::optional<std::vector<uint16_t>>> Embedding(std::string_view space, PhotoId photo) = 0;
  // Calls `visit` for the vector of each present photo in `space`, by ascending id; with `absent_too` also for photos
  // without a present file. Reads a thousand vectors at a time and holds no lock while `visit` runs, so `visit` may
  // call the catalogue. Vectors that are written meanwhile may or may not be visited.
  virtual Status ForEachEmbedding(std::string_view space, bool absent_too,
                                  const std::function<void(PhotoId, std::span<const uint16_t> halves)>& visit) = 0;
  // Counts VectorChanges::vectors up to `enough` only.
  virtual StatusOr<VectorChanges> ChangesOfVectors(std::string_view space, int64_t enough) = 0;
  // The photos whose vector was added, replaced or removed after the change `since`, each once.
  virtual StatusOr<std::vector<PhotoId>> VectorsChangedSince(std::string_view space, int64_t since) = 0;
  // Photos without a present file.
  virtual StatusOr<std::vector<PhotoId>> AbsentPhotos() = 0;

  // The list of index segments of `space` (search/segments/manifest.h), as text; nullopt: there is none.
  virtual StatusOr<std::optional<std::string>> SegmentManifest(std::string_view space) = 0;
  // Puts `next` in the place of the list `former`, in one step. False, and nothing changes, when the list is not
  // `former` any more: another process was faster.
  virtual StatusOr<bool> ReplaceSegmentManifest(std::string_view space, const std::optional<std::string>& former,
                                                std::string_view next) = 0;
  // The spaces that have a list of segments.
  virtual StatusOr<std::vector<std::string>> SegmentSpaces() = 0;
};

}  // namespace calotype
