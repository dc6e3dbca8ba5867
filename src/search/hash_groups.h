// Finds similar perceptual hashes among a million.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analysis/pdq/pdq.h"

namespace calotype {

// Returns the groups of two or more hashes that are connected by pairs within `max_distance` (0 to 255 bits), as
// indices into `hashes`: in ascending order within a group, groups by their first index. The result is the same as if
// all pairs were compared.
//
// Uses multi-index hashing (Norouzi, Punjani and Fleet, 2012): if two hashes differ in at most 31 bits, at least one of
// their sixteen parts of 16 bits differs in at most one bit, so only such hashes are compared. Hashes already in one
// group are not compared again, so thousands of similar hashes cost little more than others. A million take 6.5
// seconds on one core (bench/library); above a distance of 47 it gets slow. Takes 80 bytes of memory for each hash.
//
// With `turned`, two hashes are also connected if one is within `max_distance` of the other's TurnedHash(). That
// multiplies the time by about the number of turns, and by more for the larger distance that turned copies need (not
// measured).
std::vector<std::vector<uint32_t>> GroupHashes(std::span<const PdqHash> hashes, int max_distance, bool turned = false);

}  // namespace calotype
