// Finds photos that belong together: copies, bursts, and photos that look alike.
#pragma once

#include <string>
#include <vector>

#include "app/library.h"
#include "base/status.h"
#include "catalog/types.h"
#include "search/bursts.h"
#include "search/duplicates.h"
#include "search/look_alikes.h"

namespace calotype {

struct DuplicatesRequest {
  bool turned = false;  // also find rotated and mirrored copies
  bool crops = false;   // also find crops
  // Filters of the query language. Only photos that pass them, and only their paths that pass in: and name:, can be
  // keepers or copies. Empty: all.
  std::string query;
};

// Thread-safe. Decodes the photos that may be copies, so this takes time: see search/duplicates.h.
//   kInvalidArgument  the query cannot be read, or has words or like:, which are no filters
StatusOr<Duplicates> FindDuplicates(Library& library, const DuplicatesRequest& request);

// The groups that a photo is in, with all kinds of copies and crops. Decodes only photos that are similar to it.
StatusOr<Duplicates> FindCopiesOf(Library& library, PhotoId photo);

// As the functions of the same names in search/. The copies that FindDuplicates() finds do not take part.
StatusOr<std::vector<Burst>> FindBursts(Library& library, const BurstOptions& options);
StatusOr<std::vector<std::vector<SimilarPhoto>>> FindLookAlikes(Library& library, float min_cosine);

}  // namespace calotype
