// The text in the made-up photos.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace calotype::bench {

inline constexpr int64_t kWords = 50'000;

// Returns the word with this frequency rank; rank 0 is the most common. Contains only letters.
std::string MadeUpWord(int64_t rank);

// Returns three lines of four words; words of higher ranks are rarer. Deterministic for each photo.
std::vector<std::string> MadeUpLines(int64_t photo);

}  // namespace calotype::bench
