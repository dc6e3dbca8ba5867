// Finds copies of a picture in other files, sizes, formats or compressions. (Similar photos: similar.h.)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/pdq/pdq.h"
#include "base/status.h"
#include "catalog/search_catalog.h"
#include "search/vector_index/photo_set.h"

namespace calotype {

// The defaults are from "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm" (Meta,
// ThreatExchange): 31 bits is the recommended distance for a match; a hash with a quality below 50 has too little
// detail.
struct DuplicateOptions {
  int max_distance = 31;
  int min_quality = 50;
  bool turned = false;  // also find rotated and mirrored copies
};

struct DuplicatePhoto {
  PhotoId photo = 0;
  std::vector<std::string> paths;  // existing files; several if they have identical content
  std::vector<std::string> with;   // companion files: the RAW of a pair, sidecars, the video of a live photo
  int64_t bytes = 0;
  int width = 0;  // pixels of the upright original; 0 if it was never decoded
  int height = 0;
  PhotoFormat format = PhotoFormat::kUnknown;
  int distance = 0;               // number of PDQ bits that differ from the keeper's; 0 for the keeper
  PdqTurn turn = PdqTurn::kNone;  // the turn that makes the keeper equal this photo; only with `turned`
  std::string reason;             // for the keeper: why it is preferred to the second best; else empty
};

// The first photo is the keeper: the one with the most pixels, then the best format (raw, lossless, HEIC and similar,
// JPEG, others), then the most of date, camera and position, the earliest date, the largest file, the lowest id. A RAW
// and JPEG pair is one photo (the JPEG) and counts as raw.
using DuplicateGroup = std::vector<DuplicatePhoto>;

struct Duplicates {
  std::vector<DuplicateGroup> groups;
  int64_t plain = 0;  // photos whose hash is below `min_quality`; only identical files count as their copies
};

// Finds groups of photos that are connected by pairs within `max_distance`, and photos with several identical files. A
// photo is in at most one group. Different shots are not copies, however similar: if photos of a group were taken by
// one camera at different times, the group is split by time; photos without camera or time go to the nearest part.
// Ordered by the id of the keeper. Takes five seconds for a million hashes (GroupHashes()).
StatusOr<Duplicates> FindDuplicates(SearchCatalog& catalog, const DuplicateOptions& options);

// Returns the photos of FindDuplicates() that are not keepers. Other ways of grouping photos leave these out, so that a
// copy is reported as a copy only.
StatusOr<PhotoSet> CopiesOfOthers(SearchCatalog& catalog);

}  // namespace calotype
