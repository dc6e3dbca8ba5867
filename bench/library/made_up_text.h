// What stands in photos that are made up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace calotype::bench {

inline constexpr int64_t kWords = 50'000;

// The word of a rank: the first is the commonest. Letters alone.
std::string MadeUpWord(int64_t rank);

// Three lines of four words, the rarer the higher their rank; the same for the same photo.
std::vector<std::string> MadeUpLines(int64_t photo);

}  // namespace calotype::bench
