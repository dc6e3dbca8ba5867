// Sets of photos, and which photos a search may return.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "catalog/types.h"

namespace calotype {

// A set of photo ids. Takes one bit for each id up to the highest. Ids must not be negative.
class PhotoSet {
 public:
  void Add(PhotoId photo) {
    const auto at = static_cast<std::size_t>(photo);
    if (at / kBits >= words_.size()) {
      words_.resize(at / kBits + at / kBits / 2 + 1);
    }
    words_[at / kBits] |= uint64_t{1} << (at % kBits);
  }
  bool Contains(PhotoId photo) const {
    const auto at = static_cast<std::size_t>(photo);
    return at / kBits < words_.size() && (words_[at / kBits] >> (at % kBits) & 1U) != 0;
  }

 private:
  static constexpr std::size_t kBits = 64;
  std::vector<uint64_t> words_;  // not std::vector<bool>: that doubles the time of Contains() over a million photos
};

// Which photos a search may return. The sets must outlive it; null means no restriction.
struct PhotoChoice {
  const PhotoSet* only = nullptr;
  const PhotoSet* except = nullptr;

  bool Allows(PhotoId photo) const {
    return (only == nullptr || only->Contains(photo)) && (except == nullptr || !except->Contains(photo));
  }
};

}  // namespace calotype
