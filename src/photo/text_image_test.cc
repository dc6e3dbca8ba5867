#include "photo/text_image.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace calotype {
namespace {

TextImage DrawnText(std::string_view text, int size = 40) { return DrawText(text, size).value(); }

bool Differ(std::string_view a, std::string_view b) { return DrawnText(a).coverage != DrawnText(b).coverage; }

TEST(TextImageTest, LettersAreAsLargeAsAsked) {
  const TextImage letter = DrawnText("H");
  EXPECT_EQ(letter.coverage.size(), static_cast<std::size_t>(letter.width) * static_cast<std::size_t>(letter.height));
  EXPECT_NEAR(letter.height, 29, 4) << "a capital";
  EXPECT_EQ(std::ranges::max(letter.coverage), 255);
  EXPECT_EQ(std::ranges::min(letter.coverage), 0);
  EXPECT_NEAR(DrawnText("H", 80).height, 2 * letter.height, 3);
  EXPECT_GT(DrawnText("HH").width, letter.width);
}

TEST(TextImageTest, TextsHaveOneBaseline) {
  const TextImage high = DrawnText("H");
  const TextImage low = DrawnText("x");
  EXPECT_GT(low.top, high.top);
  EXPECT_NEAR(low.top + low.height, high.top + high.height, 1);
  EXPECT_LE(high.top + high.height, 40);
}

TEST(TextImageTest, AccentsAndScriptsAreDrawn) {
  for (const char* text : {"Zoë", "Đặng", "Иван", "Ελένη"}) {
    EXPECT_TRUE(Differ(text, "????")) << text;
  }
  EXPECT_TRUE(Differ("Zoë", "Zoe"));
  EXPECT_TRUE(Differ("Đặng", "Đăng"));
  EXPECT_FALSE(Differ("Zo\u00EB", "Zoe\u0308")) << "both forms of an accent";
}

TEST(TextImageTest, TextIsNoMarkup) {
  EXPECT_GT(DrawnText("<b>&lt;").width, DrawnText("&lt;").width);
  EXPECT_TRUE(Differ("&amp;", "&"));
}

TEST(TextImageTest, WhatIsNoLineBecomesOne) {
  EXPECT_FALSE(Differ("a\nb", "a?b"));
  EXPECT_FALSE(Differ("a\xFF", "a?"));
  EXPECT_EQ(DrawnText("").width, 0);
  EXPECT_EQ(DrawnText(" \u3000 ").coverage.size(), 0U);
  EXPECT_EQ(DrawnText(std::string(5000, 'x')).width, DrawnText(std::string(1000, 'x')).width);
}

}  // namespace
}  // namespace calotype
