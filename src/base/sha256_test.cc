#include "base/sha256.h"

#include <gtest/gtest.h>

#include <vector>

namespace calotype {
namespace {

// Cases 1, 2 and 6 of RFC 4231.
TEST(HmacSha256Test, KnownValues) {
  const std::vector<uint8_t> key(20, 0x0b);
  EXPECT_EQ(HmacSha256(key, "Hi There").Hex(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  const std::vector<uint8_t> jefe = {'J', 'e', 'f', 'e'};
  EXPECT_EQ(HmacSha256(jefe, "what do ya want for nothing?").Hex(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const std::vector<uint8_t> longer_than_a_block(131, 0xaa);
  EXPECT_EQ(HmacSha256(longer_than_a_block, "Test Using Larger Than Block-Size Key - Hash Key First").Hex(),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

}  // namespace
}  // namespace calotype
