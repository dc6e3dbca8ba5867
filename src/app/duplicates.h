// Finds photos that belong together: copies, bursts, and photos that look alike.
#pragma once

#include <vector>

#include "app/library.h"
#include "base/status.h"
#include "search/bursts.h"
#include "search/duplicates.h"
#include "search/look_alikes.h"

namespace calotype {

// As the functions of the same names in search/, on the catalogue of `library`.
StatusOr<Duplicates> FindDuplicates(Library& library, const DuplicateOptions& options);
StatusOr<std::vector<Burst>> FindBursts(Library& library, const BurstOptions& options);
StatusOr<std::vector<std::vector<SimilarPhoto>>> FindLookAlikes(Library& library, float min_cosine);

}  // namespace calotype
