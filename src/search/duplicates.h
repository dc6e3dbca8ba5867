// True copies: the same picture in other files, sizes, formats, compressions. (What merely looks alike is similar.h.)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/pdq/pdq.h"
#include "base/status.h"
#include "catalog/search_catalog.h"
#include "search/vector_index/photo_set.h"

namespace calotype {

// Both from "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm" (Meta, ThreatExchange): 31 is
// the distance that it recommends for a match, 50 the quality under which a hash says too little.
struct DuplicateOptions {
  int max_distance = 31;
  int min_quality = 50;
  bool turned = false;  // find what was turned or mirrored too
};

struct DuplicatePhoto {
  PhotoId photo = 0;
  std::vector<std::string> paths;  // the present ones; more than one when the very same bytes lie there
  std::vector<std::string> with;   // files that belong to it: the RAW of a pair, sidecars, the video of a live photo
  int64_t bytes = 0;
  int width = 0;  // of the upright original; 0 when it was never decoded
  int height = 0;
  PhotoFormat format = PhotoFormat::kUnknown;
  int distance = 0;               // PDQ bits that differ from the keeper's; 0 for the keeper
  PdqTurn turn = PdqTurn::kNone;  // how the keeper must be turned to be this one; with `turned` alone
  std::string reason;             // of the keeper: why it is the one, against the next; empty for the others
};

// A pair of RAW and JPEG is one photo, the JPEG, and counts as raw. The first photo is the one to keep: the most
// pixels, then the format that keeps the most (raw, lossless, HEIC and its like, JPEG, others), then the most of date,
// camera and place, the earliest date, the most bytes, the one that was added first.
using DuplicateGroup = std::vector<DuplicatePhoto>;

struct Duplicates {
  std::vector<DuplicateGroup> groups;
  int64_t plain = 0;  // photos whose hashes say too little (`min_quality`): only the very same bytes are copies of them
};

// Groups of photos that are linked by pairs within `max_distance`, and photos of which the same bytes lie at several
// paths; each photo is in one group at most. Two shots are no copies, however alike: where photos of a group say that
// one camera took them at different times, each time is a group of its own, with those that do not say so and are
// nearest to it. Ordered by the id of their keepers. A million hashes take five seconds (GroupHashes).
StatusOr<Duplicates> FindDuplicates(SearchCatalog& catalog, const DuplicateOptions& options);

// The photos of those groups that are not the ones to keep: what else groups photos leaves these out, so that a copy is
// called nothing but a copy.
StatusOr<PhotoSet> CopiesOfOthers(SearchCatalog& catalog);

}  // namespace calotype
