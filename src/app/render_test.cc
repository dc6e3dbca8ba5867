#include "app/render.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>

#include "photo/text_image.h"

namespace calotype {
namespace {

int CoverageAt(const TextImage& text, int x, int y) {
  return text
      .coverage[static_cast<std::size_t>(y) * static_cast<std::size_t>(text.width) + static_cast<std::size_t>(x)];
}

TEST(NameAndNumberTest, ANameThatIsWrittenFromRightToLeftIsLeftOfItsNumber) {
  const TextImage name = DrawText("عربي", 40).value();
  const TextImage line = DrawText(NameAndNumber("عربي", 1), 40).value();
  ASSERT_GT(line.width, name.width);
  int ink = 0;
  int difference = 0;
  for (int y = 0; y < name.height; ++y) {
    const int line_y = y + name.top - line.top;
    ASSERT_TRUE(line_y >= 0 && line_y < line.height);
    for (int x = 0; x < name.width; ++x) {
      const int expected = CoverageAt(name, x, y);
      ink += expected;
      difference += std::abs(CoverageAt(line, x, line_y) - expected);
    }
  }
  EXPECT_LT(difference, ink / 10) << "the line begins with the name";
}

}  // namespace
}  // namespace calotype
