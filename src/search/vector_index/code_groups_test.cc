#include "search/vector_index/code_groups.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace calotype {
namespace {

TEST(CodeGroupsTest, TheSameByteOfEachCodeIsAdjacent) {
  std::vector<uint8_t> group(GroupBytes(2));
  PutCode(std::vector<uint64_t>{0x0807'0605'0403'0201, 0x100f'0e0d'0c0b'0a09}, 5, group);
  for (std::size_t at = 0; at < group.size(); ++at) {
    EXPECT_EQ(group[at], at % kGroup == 5 ? at / kGroup + 1 : 0) << at;
  }
}

TEST(CodeGroupsTest, TakeCodesReturnsWhatPutCodeWrote) {
  std::mt19937_64 random(1);
  for (std::size_t words = 1; words <= 20; ++words) {
    std::vector<uint64_t> codes(kGroup * words);
    std::vector<uint8_t> group(GroupBytes(words), 0xff);  // earlier content must not remain
    for (std::size_t place = 0; place < kGroup; ++place) {
      const auto code = std::span(codes).subspan(place * words, words);
      for (uint64_t& word : code) {
        word = random();
      }
      PutCode(code, place, group);
    }
    std::vector<uint64_t> taken(codes.size());
    TakeCodes(group, taken);
    EXPECT_EQ(taken, codes) << words << " words";
  }
}

TEST(CodeGroupsTest, GroupsAreRoundedUp) {
  EXPECT_EQ(GroupsOf(0), 0U);
  EXPECT_EQ(GroupsOf(1), 1U);
  EXPECT_EQ(GroupsOf(kGroup), 1U);
  EXPECT_EQ(GroupsOf(kGroup + 1), 2U);
}

}  // namespace
}  // namespace calotype
