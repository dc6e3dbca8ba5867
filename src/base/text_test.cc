#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calotype {
namespace {

TEST(TextTest, ToLowerAsciiChangesOnlyAsciiLetters) {
  EXPECT_EQ(ToLowerAscii("CUDA Error 2: @[`{"), "cuda error 2: @[`{");
  EXPECT_EQ(ToLowerAscii("\xC3\x84rger"), "\xC3\x84rger") << "UTF-8 bytes must stay unchanged";
  EXPECT_EQ(ToLowerAscii(""), "");
  EXPECT_EQ(ToLowerAscii('Z'), 'z');
}

TEST(TextTest, TrimRemovesBothEndsAndKeepsTheMiddle) {
  EXPECT_EQ(Trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(Trim("a"), "a");
  EXPECT_EQ(Trim(" \r\n"), "");
  EXPECT_EQ(Trim(""), "");
}

TEST(TextTest, TrimRemovesOnlyTheGivenCharacters) {
  EXPECT_EQ(Trim("  \ta ", " "), "\ta");
  EXPECT_EQ(Trim("--a-b-", "-"), "a-b");
}

TEST(TextTest, SplitGivesThePartsBetweenSeparators) {
  EXPECT_THAT(Split("a,b,,c", ','), testing::ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(Split("", ','), testing::ElementsAre(""));
  EXPECT_THAT(Split(",", ','), testing::ElementsAre("", ""));
}

}  // namespace
}  // namespace calotype
