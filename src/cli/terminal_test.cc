#include "cli/terminal.h"

#include <gtest/gtest.h>

namespace calotype {
namespace {

struct CutCase {
  const char* text;
  std::size_t columns;
  const char* expected;
};

TEST(CutToColumns, EndsWhatIsTooLongInDots) {
  for (const CutCase& wanted : {CutCase{"slower", 6, "slower"}, CutCase{"slower", 5, "sl..."}, CutCase{"", 0, ""},
                                CutCase{"slower", 2, ".."}, CutCase{"slower", 0, ""}, CutCase{"größer", 6, "größer"},
                                CutCase{"größeres", 6, "grö..."}, CutCase{"größeres", 5, "gr..."}}) {
    EXPECT_EQ(CutToColumns(wanted.text, wanted.columns), wanted.expected) << wanted.text << " " << wanted.columns;
  }
}

}  // namespace
}  // namespace calotype
