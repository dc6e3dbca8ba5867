#include "search/hash_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

namespace calotype {
namespace {

using Groups = std::vector<std::vector<uint32_t>>;

bool IsNear(const PdqHash& a, const PdqHash& b, int max_distance, bool turned) {
  for (int turn = 0; turn < (turned ? kPdqTurns : 1); ++turn) {
    if (HammingDistance(TurnedHash(a, static_cast<PdqTurn>(turn)), b) <= max_distance) {
      return true;
    }
  }
  return false;
}

// The reference: compares all pairs.
Groups BruteForce(const std::vector<PdqHash>& hashes, int max_distance, bool turned = false) {
  std::vector<uint32_t> name(hashes.size());
  std::iota(name.begin(), name.end(), 0U);
  for (uint32_t i = 0; i < hashes.size(); ++i) {
    for (uint32_t j = i + 1; j < hashes.size(); ++j) {
      if (name[i] != name[j] && IsNear(hashes[i], hashes[j], max_distance, turned)) {
        const auto [low, high] = std::minmax(name[i], name[j]);
        std::ranges::replace(name, uint32_t{high}, uint32_t{low});
      }
    }
  }
  std::map<uint32_t, std::vector<uint32_t>> groups;
  for (uint32_t i = 0; i < hashes.size(); ++i) {
    groups[name[i]].push_back(i);
  }
  Groups result;
  for (auto& [first, group] : groups) {
    if (group.size() > 1) {
      result.push_back(group);
    }
  }
  return result;
}

PdqHash RandomHash(std::mt19937& random) {
  PdqHash hash;
  std::ranges::generate(hash, [&] { return static_cast<uint8_t>(random()); });
  return hash;
}

PdqHash Changed(PdqHash hash, int bits, std::mt19937& random) {
  for (int i = 0; i < bits; ++i) {
    const uint32_t bit = random() % 256;
    hash[bit / 8] = static_cast<uint8_t>(hash[bit / 8] ^ (1U << (bit % 8)));
  }
  return hash;
}

TEST(GroupHashesTest, EqualAComparisonOfAllPairs) {
  std::mt19937 random(1);
  std::vector<PdqHash> hashes;
  for (int i = 0; i < 300; ++i) {
    hashes.push_back(RandomHash(random));
  }
  // Copies at every distance around the limit, and copies of copies.
  for (int i = 0; i < 900; ++i) {
    hashes.push_back(Changed(hashes[random() % hashes.size()], static_cast<int>(random() % 64), random));
  }
  std::ranges::shuffle(hashes, random);
  for (const int distance : {0, 1, 15, 16, 30, 31, 32}) {
    const Groups groups = GroupHashes(hashes, distance);
    EXPECT_EQ(groups, BruteForce(hashes, distance)) << distance;
    EXPECT_EQ(groups.empty(), false);
  }
}

TEST(GroupHashesTest, TheLastBitCounts) {
  PdqHash low{};
  // One bit in each of the first fifteen parts and two in the last: distance 31 is found, 32 is not.
  for (const int bits : {31, 32}) {
    PdqHash high{};
    for (int i = 0; i < bits; ++i) {
      const int bit = i % 16 * 16 + i / 16;
      high[static_cast<std::size_t>(bit / 8)] |= static_cast<uint8_t>(1U << (bit % 8));
    }
    EXPECT_EQ(GroupHashes(std::vector{low, high}, 31).size(), bits == 31 ? 1U : 0U);
  }
}

TEST(GroupHashesTest, ThousandsOfEqualOnesAreOneGroup) {
  std::mt19937 random(2);
  std::vector<PdqHash> hashes(50'000, RandomHash(random));
  hashes.push_back(RandomHash(random));
  const Groups groups = GroupHashes(hashes, 31);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].size(), 50'000U);
}

TEST(GroupHashesTest, WithTurnsEqualAComparisonOfAllPairsAndTurns) {
  std::mt19937 random(3);
  std::vector<PdqHash> hashes;
  for (int i = 0; i < 100; ++i) {
    hashes.push_back(RandomHash(random));
  }
  for (int i = 0; i < 300; ++i) {
    const PdqHash turned = TurnedHash(hashes[random() % hashes.size()], static_cast<PdqTurn>(random() % kPdqTurns));
    hashes.push_back(Changed(turned, static_cast<int>(random() % 64), random));
  }
  std::ranges::shuffle(hashes, random);
  for (const int distance : {0, 15, 31}) {
    EXPECT_EQ(GroupHashes(hashes, distance, true), BruteForce(hashes, distance, true)) << distance;
    EXPECT_NE(GroupHashes(hashes, distance, true), GroupHashes(hashes, distance)) << distance;
  }
}

// Each hash differs in a few bits from the one before, as from a camera that films one scene all day. Enough of them to
// fill buckets, with two other scenes and different hashes between them.
TEST(GroupHashesTest, ATimeLapseEqualsAComparisonOfAllPairs) {
  std::mt19937 random(4);
  std::vector<PdqHash> hashes;
  for (const int frames : {1500, 500, 300}) {
    PdqHash frame = RandomHash(random);
    for (int i = 0; i < frames; ++i) {
      frame = Changed(frame, i % 50 == 0 ? 12 : 1, random);
      hashes.push_back(Changed(frame, static_cast<int>(random() % 8), random));
    }
  }
  for (int i = 0; i < 200; ++i) {
    hashes.push_back(RandomHash(random));
  }
  std::ranges::shuffle(hashes, random);
  for (const int distance : {6, 31}) {
    EXPECT_EQ(GroupHashes(hashes, distance), BruteForce(hashes, distance)) << distance;
  }
  hashes.resize(600);  // comparing all pairs at all turns takes long
  EXPECT_EQ(GroupHashes(hashes, 31, true), BruteForce(hashes, 31, true));
}

TEST(GroupHashesTest, NoHashesHaveNoGroups) {
  EXPECT_TRUE(GroupHashes({}, 31).empty());
  EXPECT_TRUE(GroupHashes(std::vector<PdqHash>(2), -1).size() == 1U) << "equal ones are at no distance at all";
}

}  // namespace
}  // namespace calotype
