#include "analysis/ocr/windows.h"

#include <gtest/gtest.h>

namespace calotype {
namespace {

TEST(TextWindowsTest, AnOrdinaryPhotoHasOne) {
  for (const PixelSize size : {PixelSize{2000, 1500}, {1500, 2000}, {500, 2000}, {2000, 100}, {1, 1}}) {
    const std::vector<TextWindow> windows = PlanTextWindows(size, 2000);
    ASSERT_EQ(windows.size(), 1U) << size.width;
    EXPECT_EQ(windows[0].height, size.height);
    EXPECT_EQ(windows[0].core_bottom, size.height);
  }
}

TEST(TextWindowsTest, TheCoresOfATallPhotoCoverItOnce) {
  for (const PixelSize size : {PixelSize{1080, 12000}, {600, 15000}, {400, 2000}, {30, 6000}, {1, 5}, {2000, 8001}}) {
    const std::vector<TextWindow> windows = PlanTextWindows(size, 2000);
    EXPECT_EQ(windows.front().core_top, 0);
    EXPECT_EQ(windows.back().core_bottom, size.height);
    for (std::size_t i = 0; i < windows.size(); ++i) {
      EXPECT_EQ(windows[i].height, windows[0].height);
      EXPECT_LE(windows[i].top, windows[i].core_top);
      EXPECT_LT(windows[i].core_top, windows[i].core_bottom);
      EXPECT_LE(windows[i].core_bottom, windows[i].top + windows[i].height);
      EXPECT_LE(windows[i].height, std::max(2000, size.width));
      if (i > 0) {
        EXPECT_EQ(windows[i].core_top, windows[i - 1].core_bottom);
      }
    }
  }
  EXPECT_EQ(PlanTextWindows({1080, 12000}, 2000).size(), 8U);
}

Quad Line(float top, float height) { return {{{10, top}, {300, top}, {300, top + height}, {10, top + height}}}; }

TEST(TextWindowsTest, ALineBelongsToTheCoreWithItsCentreAndIsTakenOnce) {
  const TextWindow window{.top = 900, .height = 1200, .core_top = 1050, .core_bottom = 1950};
  EXPECT_TRUE(IsNewLine(Line(1500, 30), window, {}));
  EXPECT_FALSE(IsNewLine(Line(910, 30), window, {}));
  EXPECT_FALSE(IsNewLine(Line(2060, 30), window, {}));
  const Quad known[] = {Line(1040, 30)};
  EXPECT_FALSE(IsNewLine(Line(1042, 31), window, known)) << "seen by the window above";
  EXPECT_TRUE(IsNewLine(Line(1075, 30), window, known)) << "the next line";
}

}  // namespace
}  // namespace calotype
