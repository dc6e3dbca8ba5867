// Which of a million hashes are near each other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analysis/pdq/pdq.h"

namespace calotype {

// The groups of two hashes or more that are linked by pairs within `max_distance` (0 to 255 bits), as places in
// `hashes`: each group by rising place, the groups by their first. Exactly what comparing all pairs would give, by
// multi-index hashing (Norouzi, Punjani and Fleet, 2012): of sixteen parts of 16 bits, two hashes within 31 bits have
// one part in which they differ by one bit at most, so only those are compared. A million take five seconds on one
// core; beyond a distance of 47 it gets slow. Takes 80 bytes a hash.
std::vector<std::vector<uint32_t>> GroupHashes(std::span<const PdqHash> hashes, int max_distance);

}  // namespace calotype
