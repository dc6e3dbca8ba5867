#include "analysis/detect/coco_labels.h"

#include <gtest/gtest.h>

namespace calotype {
namespace {

TEST(CocoLabelsTest, NumbersAsCocoDoes) {
  EXPECT_EQ(CocoLabels(80)[0], "person");
  EXPECT_EQ(CocoLabels(80)[15], "cat");
  EXPECT_EQ(CocoLabels(80)[79], "toothbrush");
  for (const std::size_t classes : {91U, 92U}) {
    EXPECT_EQ(CocoLabels(classes).size(), 91U);
    EXPECT_EQ(CocoLabels(classes)[0], "");
    EXPECT_EQ(CocoLabels(classes)[1], "person");
    EXPECT_EQ(CocoLabels(classes)[12], "");
    EXPECT_EQ(CocoLabels(classes)[17], "cat");
    EXPECT_EQ(CocoLabels(classes)[90], "toothbrush");
  }
  EXPECT_TRUE(CocoLabels(90).empty());
}

}  // namespace
}  // namespace calotype
