#include "search/hash_groups.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <functional>
#include <map>
#include <numeric>

namespace calotype {
namespace {

constexpr std::size_t kParts = 16;
constexpr std::size_t kPartBits = 16;
constexpr std::size_t kValues = std::size_t{1} << kPartBits;

using Words = std::array<uint64_t, 4>;

int Distance(const Words& a, const Words& b) {
  return std::popcount(a[0] ^ b[0]) + std::popcount(a[1] ^ b[1]) + std::popcount(a[2] ^ b[2]) +
         std::popcount(a[3] ^ b[3]);
}

std::size_t Part(const Words& words, std::size_t part) {
  return words[part / 4] >> (part % 4 * kPartBits) & (kValues - 1);
}

// Sets of places; joining keeps the lower place as the name of both.
class UnionFind {
 public:
  explicit UnionFind(std::size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), 0U); }

  uint32_t Find(uint32_t i) {
    while (parent_[i] != i) {
      parent_[i] = parent_[parent_[i]];
      i = parent_[i];
    }
    return i;
  }
  void Join(uint32_t a, uint32_t b) {
    const uint32_t root_a = Find(a);
    const uint32_t root_b = Find(b);
    parent_[std::max(root_a, root_b)] = std::min(root_a, root_b);
  }

 private:
  std::vector<uint32_t> parent_;
};

// The different hashes in the order of one of their parts, so that those to be compared lie side by side.
class Buckets {
 public:
  Buckets(std::span<const Words> hashes, std::size_t part)
      : starts_(kValues + 1), words_(hashes.size()), ids_(words_.size()) {
    for (const Words& words : hashes) {
      ++starts_[Part(words, part) + 1];
    }
    std::partial_sum(starts_.begin(), starts_.end(), starts_.begin());
    std::vector<uint32_t> next(starts_.begin(), starts_.end() - 1);
    for (uint32_t i = 0; i < hashes.size(); ++i) {
      const uint32_t at = next[Part(hashes[i], part)]++;
      words_[at] = hashes[i];
      ids_[at] = i;
    }
  }

  // Joins what is near among the hashes whose part is `a` and those whose part is `b`.
  void Compare(std::size_t a, std::size_t b, int max_distance, UnionFind& sets) const {
    for (uint32_t i = starts_[a]; i < starts_[a + 1]; ++i) {
      for (uint32_t j = a == b ? i + 1 : starts_[b]; j < starts_[b + 1]; ++j) {
        if (Distance(words_[i], words_[j]) <= max_distance) {
          sets.Join(ids_[i], ids_[j]);
        }
      }
    }
  }

 private:
  std::vector<uint32_t> starts_;
  std::vector<Words> words_;
  std::vector<uint32_t> ids_;
};

// Every value of a part that differs from another in `radius` bits at most: as what to change in it.
std::vector<std::size_t> Changes(std::size_t radius) {
  std::vector<std::size_t> changes;
  for (std::size_t change = 0; change < kValues; ++change) {
    if (static_cast<std::size_t>(std::popcount(change)) <= radius) {
      changes.push_back(change);
    }
  }
  return changes;
}

// Equal hashes, of which a library may have thousands, count once: `first` gets the place of each one's first.
std::vector<Words> Different(std::span<const PdqHash> hashes, std::vector<uint32_t>& first, UnionFind& sets) {
  std::vector<uint32_t> order(hashes.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order,
                    [&](uint32_t a, uint32_t b) { return hashes[a] != hashes[b] ? hashes[a] < hashes[b] : a < b; });
  std::vector<Words> different;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && hashes[order[i]] == hashes[order[i - 1]]) {
      sets.Join(order[i - 1], order[i]);
    } else {
      different.push_back(std::bit_cast<Words>(hashes[order[i]]));
      first.push_back(order[i]);
    }
  }
  return different;
}

}  // namespace

std::vector<std::vector<uint32_t>> GroupHashes(std::span<const PdqHash> hashes, int max_distance) {
  UnionFind sets(hashes.size());
  std::vector<uint32_t> first;
  const std::vector<Words> different = Different(hashes, first, sets);
  UnionFind near(different.size());
  // 16 parts: if each differed by more than max_distance / 16 bits, all would by more than max_distance.
  const std::vector<std::size_t> changes = Changes(static_cast<std::size_t>(std::max(max_distance, 0)) / kParts);
  for (std::size_t part = 0; part < kParts && max_distance >= 0; ++part) {
    const Buckets buckets(different, part);
    for (std::size_t value = 0; value < kValues; ++value) {
      for (const std::size_t change : changes) {
        if (const std::size_t other = value ^ change; other >= value) {
          buckets.Compare(value, other, max_distance, near);
        }
      }
    }
  }
  for (uint32_t i = 0; i < different.size(); ++i) {
    sets.Join(first[near.Find(i)], first[i]);
  }
  std::map<uint32_t, std::vector<uint32_t>> groups;
  for (uint32_t i = 0; i < hashes.size(); ++i) {
    if (const uint32_t root = sets.Find(i); root != i) {
      std::vector<uint32_t>& group = groups[root];
      if (group.empty()) {
        group.push_back(root);
      }
      group.push_back(i);
    }
  }
  std::vector<std::vector<uint32_t>> result;
  for (auto& [root, group] : groups) {
    result.push_back(std::move(group));
  }
  return result;
}

}  // namespace calotype
