// The list of the index segments of one embedding space (docs/vector-index.md, "Segments"). Plain values and their
// text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "catalog/types.h"
#include "catalog/vector_catalog.h"

namespace calotype {

// A file of a segment. Its name in the store is its hash, so a file never changes.
struct SegmentFile {
  std::string sha256;  // hexadecimal
  int64_t bytes = 0;

  bool operator==(const SegmentFile&) const = default;
};

// Part of an index. The files `codes`, `vectors` and `mean` are those of a VectorFile without deleted vectors.
// `replaced` has the photos (int64, ascending) whose vectors in earlier segments do not count any more.
struct IndexSegment {
  int64_t photos = 0;  // vectors; 0: only `replaced` has bytes
  PhotoId first = 0;   // the lowest photo
  PhotoId last = 0;    // the highest
  SegmentFile codes;
  SegmentFile vectors;
  SegmentFile mean;
  SegmentFile replaced;

  bool operator==(const IndexSegment&) const = default;
  std::array<SegmentFile, 4> files() const { return {codes, vectors, mean, replaced}; }
  int64_t bytes() const { return codes.bytes + vectors.bytes + mean.bytes + replaced.bytes; }
  bool MayHave(PhotoId photo) const { return photos > 0 && first <= photo && photo <= last; }
  // A name that no other segment has.
  std::string Name() const;
};

// A file that is not in the list any more, and that searchers may still fetch.
struct RetiredFile {
  SegmentFile file;
  int64_t since = 0;  // seconds since 1970

  bool operator==(const RetiredFile&) const = default;
};

struct IndexManifest {
  std::string library;                 // VectorChanges::library
  std::size_t dimension = 0;           // of the vectors
  int64_t last_change = 0;             // the last change of the catalogue that the segments contain
  std::vector<IndexSegment> segments;  // the oldest first
  std::vector<RetiredFile> retired;

  bool operator==(const IndexManifest&) const = default;
  int64_t photos() const;  // vectors of all segments, including those that were replaced
  // True when the segments are those of this catalogue, which still keeps all changes since they were written.
  bool Continues(const VectorChanges& changes) const;
};

std::string ToText(const IndexManifest& manifest);
// kFailedPrecondition: of another version of the program. kDataLoss: anything else that is no manifest.
StatusOr<IndexManifest> ParseIndexManifest(std::string_view text);

}  // namespace calotype
