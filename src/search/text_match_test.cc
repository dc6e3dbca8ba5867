#include "search/text_match.h"

#include <gtest/gtest.h>

namespace calotype {
namespace {

PhotoText Text(std::vector<std::string> lines, int width = 1000, float score = 0.95F) {
  PhotoText text{.lines = {}, .width = width, .height = width};
  float y = 0.1F * static_cast<float>(width);
  for (std::string& line : lines) {
    const float left = 0.1F * static_cast<float>(width);
    const float below = y + 0.02F * static_cast<float>(width);
    text.lines.push_back({.text = std::move(line),
                          .score = score,
                          .quad = {Point{left, y}, Point{2 * left, y}, Point{2 * left, below}, Point{left, below}}});
    y += 0.1F * static_cast<float>(width);
  }
  return text;
}

TEST(TextMatchTest, OtherWordsDiffer) {
  EXPECT_TRUE(TextsDiffer(Text({"Name: Ada Lovelace", "Street: Garden road"}),
                          Text({"Anmeldung zum Kurs", "Tango fuer alle"})));
  EXPECT_TRUE(TextsDiffer(Text({"Application form", "Ada Lovelace"}), Text({"Application form", "Grace Hopper"})));
}

TEST(TextMatchTest, OtherDigitsAtTheSamePlaceDiffer) {
  EXPECT_TRUE(TextsDiffer(Text({"Invoice 2024-0017"}), Text({"Invoice 2024-0018"})));
  EXPECT_TRUE(TextsDiffer(Text({"Invoice 2024-0017"}), Text({"Invoice 2024-0018"}, 300))) << "at another size, too";
  EXPECT_FALSE(TextsDiffer(Text({"Invoice 2024-0017"}), Text({"Invoice 2024-001"}))) << "a digit was not read";
}

TEST(TextMatchTest, MistakesOfRecognitionDoNotDiffer) {
  EXPECT_FALSE(TextsDiffer(Text({"NO PARKING ANY TIME"}), Text({"No parkinq, anytime."})));
  EXPECT_FALSE(TextsDiffer(Text({"NO PARKING ANY TIME"}), Text({})));
  EXPECT_FALSE(TextsDiffer(Text({"NO PARKING ANY TIME"}), Text({"xq wvvr kklm zzzt"}, 1000, 0.6F))) << "uncertain";
  EXPECT_FALSE(TextsDiffer(Text({"GO"}), Text({"60"})));
}

}  // namespace
}  // namespace calotype
