#include "base/units.h"

#include <gtest/gtest.h>

namespace calotype {
namespace {

TEST(UnitsTest, FormatsBytesInMegabytesOrGigabytes) {
  EXPECT_EQ(FormatBytes(0), "0.0 MB");
  EXPECT_EQ(FormatBytes(41'460'000), "41.5 MB");
  EXPECT_EQ(FormatBytes(1'204'000'000), "1.20 GB");
}

struct DurationCase {
  double seconds;
  const char* text;
};

TEST(UnitsTest, RoundsDurationsAsAPersonWould) {
  const DurationCase cases[] = {{0.2, "0 s"},     {89.4, "89 s"},       {90, "2 min"},
                                {3600, "60 min"}, {5400, "1 h 30 min"}, {90000, "25 h 0 min"}};
  for (const DurationCase& duration : cases) {
    EXPECT_EQ(FormatDuration(duration.seconds), duration.text);
  }
}

TEST(UnitsTest, CountsAreSingularForOne) {
  EXPECT_EQ(Counted(1, "photo"), "1 photo");
  EXPECT_EQ(Counted(0, "photo"), "0 photos");
  EXPECT_EQ(Counted(2, "analysis", "analyses"), "2 analyses");
  EXPECT_EQ(Counted(1, "analysis", "analyses"), "1 analysis");
}

}  // namespace
}  // namespace calotype
