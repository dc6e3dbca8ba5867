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
// one part in which they differ by one bit at most, so only those are compared. What is of one group already is not
// compared again, so that thousands of hashes that are all near each other cost little more than others. A million take
// five seconds on one core; beyond a distance of 47 it gets slow. Takes 80 bytes a hash.
//
// With `turned`, two hashes are also linked when one is within `max_distance` of the other's TurnedHash(); that takes
// about as much longer as there are turns, and more for the wider radius that they need (not measured).
std::vector<std::vector<uint32_t>> GroupHashes(std::span<const PdqHash> hashes, int max_distance, bool turned = false);

}  // namespace calotype
