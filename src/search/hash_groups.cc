#include "search/hash_groups.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <functional>
#include <map>
#include <numeric>

#include "search/union_find.h"

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

// In a bucket with at least this many hashes, most show one scene many times: a time-lapse, or the same test card. In a
// million different pictures, a bucket has 15.
constexpr std::size_t kCrowd = 256;

// The distinct hashes, sorted by one of their parts, so that hashes to compare are adjacent.
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

  std::size_t SizeOf(std::size_t value) const { return starts_[value + 1] - starts_[value]; }

  // Joins near hashes among those whose part is `value`.
  void CompareWithin(std::size_t value, int max_distance, UnionFind& sets) const;
  // Joins near hashes between those whose part is `value` and those of `others` whose part is `other_value`.
  void Compare(std::size_t value, const Buckets& others, std::size_t other_value, int max_distance,
               UnionFind& sets) const;

 private:
  using Crowd = std::vector<uint32_t>;  // indices of hashes known to be in one group

  std::vector<Crowd> CrowdsOf(std::size_t value, UnionFind& sets) const;
  bool IsAnyNear(const Crowd& crowd, const Buckets& others, const Crowd& other_crowd, int max_distance) const;
  void JoinCrowds(std::size_t value, int max_distance, UnionFind& sets) const;

  std::vector<uint32_t> starts_;
  std::vector<Words> words_;
  std::vector<uint32_t> ids_;
};

void Buckets::CompareWithin(std::size_t value, int max_distance, UnionFind& sets) const {
  if (SizeOf(value) > kCrowd) {
    JoinCrowds(value, max_distance, sets);
    return;
  }
  for (uint32_t i = starts_[value]; i < starts_[value + 1]; ++i) {
    for (uint32_t j = i + 1; j < starts_[value + 1]; ++j) {
      if (Distance(words_[i], words_[j]) <= max_distance) {
        sets.Join(ids_[i], ids_[j]);
      }
    }
  }
}

void Buckets::Compare(std::size_t value, const Buckets& others, std::size_t other_value, int max_distance,
                      UnionFind& sets) const {
  if (SizeOf(value) * others.SizeOf(other_value) > kCrowd * kCrowd) {
    const std::vector<Crowd> other_crowds = others.CrowdsOf(other_value, sets);
    for (const Crowd& crowd : CrowdsOf(value, sets)) {
      for (const Crowd& other : other_crowds) {
        if (sets.Find(ids_[crowd.front()]) != sets.Find(others.ids_[other.front()]) &&
            IsAnyNear(crowd, others, other, max_distance)) {
          sets.Join(ids_[crowd.front()], others.ids_[other.front()]);
        }
      }
    }
    return;
  }
  for (uint32_t i = starts_[value]; i < starts_[value + 1]; ++i) {
    for (uint32_t j = others.starts_[other_value]; j < others.starts_[other_value + 1]; ++j) {
      if (Distance(words_[i], others.words_[j]) <= max_distance) {
        sets.Join(ids_[i], others.ids_[j]);
      }
    }
  }
}

std::vector<Buckets::Crowd> Buckets::CrowdsOf(std::size_t value, UnionFind& sets) const {
  std::map<uint32_t, Crowd> by_name;
  for (uint32_t i = starts_[value]; i < starts_[value + 1]; ++i) {
    by_name[sets.Find(ids_[i])].push_back(i);
  }
  std::vector<Crowd> crowds;
  for (auto& [name, crowd] : by_name) {
    crowds.push_back(std::move(crowd));
  }
  return crowds;
}

// Latest first: if a scene changes gradually, the latest hashes are the most likely neighbours.
bool Buckets::IsAnyNear(const Crowd& crowd, const Buckets& others, const Crowd& other_crowd, int max_distance) const {
  for (const uint32_t i : crowd) {
    for (std::size_t j = other_crowd.size(); j-- > 0;) {
      if (Distance(words_[i], others.words_[other_crowd[j]]) <= max_distance) {
        return true;
      }
    }
  }
  return false;
}

void Buckets::JoinCrowds(std::size_t value, int max_distance, UnionFind& sets) const {
  std::vector<Crowd> seen;
  for (const Crowd& crowd : CrowdsOf(value, sets)) {
    Crowd joined = crowd;
    std::erase_if(seen, [&](Crowd& other) {
      if (!IsAnyNear(crowd, *this, other, max_distance)) {
        return false;
      }
      sets.Join(ids_[crowd.front()], ids_[other.front()]);
      if (joined.size() < other.size()) {
        joined.swap(other);
      }
      joined.insert(joined.end(), other.begin(), other.end());
      return true;
    });
    seen.push_back(std::move(joined));
  }
}

// All bit masks with at most `radius` bits set, which change a part to each near value.
std::vector<std::size_t> Changes(std::size_t radius) {
  std::vector<std::size_t> changes;
  for (std::size_t change = 0; change < kValues; ++change) {
    if (static_cast<std::size_t>(std::popcount(change)) <= radius) {
      changes.push_back(change);
    }
  }
  return changes;
}

// Equal hashes, of which a library may have thousands, are compared once: `first` has the index of the first equal hash
// for each.
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

// With 16 parts: if each differed in more than max_distance / 16 bits, the hashes would differ in more than
// max_distance.
std::vector<std::size_t> ChangesFor(int max_distance) {
  return Changes(static_cast<std::size_t>(max_distance) / kParts);
}

void JoinNear(std::span<const Words> hashes, int max_distance, UnionFind& near) {
  const std::vector<std::size_t> changes = ChangesFor(max_distance);
  for (std::size_t part = 0; part < kParts; ++part) {
    const Buckets buckets(hashes, part);
    for (std::size_t value = 0; value < kValues; ++value) {
      if (buckets.SizeOf(value) == 0) {
        continue;
      }
      buckets.CompareWithin(value, max_distance, near);
      for (const std::size_t change : changes) {
        if (const std::size_t other = value ^ change; other > value) {
          buckets.Compare(value, buckets, other, max_distance, near);
        }
      }
    }
  }
}

// The turns left out are inverses of these; such a pair is found in the other direction.
constexpr std::array kOtherTurns = {PdqTurn::kMirrored,           PdqTurn::kMirroredUpsideDown,
                                    PdqTurn::kUpsideDown,         PdqTurn::kMirroredTurnedRight,
                                    PdqTurn::kMirroredTurnedLeft, PdqTurn::kTurnedRight};

void JoinNearTurned(std::span<const Words> hashes, PdqTurn turn, int max_distance, UnionFind& near) {
  std::vector<Words> turned;
  turned.reserve(hashes.size());
  for (const Words& words : hashes) {
    turned.push_back(std::bit_cast<Words>(TurnedHash(std::bit_cast<PdqHash>(words), turn)));
  }
  const std::vector<std::size_t> changes = ChangesFor(max_distance);
  for (std::size_t part = 0; part < kParts; ++part) {
    const Buckets upright(hashes, part);
    const Buckets others(turned, part);
    for (std::size_t value = 0; value < kValues; ++value) {
      if (upright.SizeOf(value) == 0) {
        continue;
      }
      for (const std::size_t change : changes) {
        upright.Compare(value, others, value ^ change, max_distance, near);
      }
    }
  }
}

}  // namespace

std::vector<std::vector<uint32_t>> GroupHashes(std::span<const PdqHash> hashes, int max_distance, bool turned) {
  UnionFind sets(hashes.size());
  std::vector<uint32_t> first;
  const std::vector<Words> different = Different(hashes, first, sets);
  UnionFind near(different.size());
  if (max_distance >= 0) {
    JoinNear(different, max_distance, near);
  }
  for (const PdqTurn turn : kOtherTurns) {
    if (max_distance >= 0 && turned) {
      JoinNearTurned(different, turn, max_distance, near);
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
