#include "inference/placement/agreement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace calotype {
namespace {

const Box kBox{.x = 10, .y = 10, .width = 100, .height = 50};

ProbeAnswer Boxes(std::vector<ProbeBox> boxes) { return {.boxes = std::move(boxes)}; }
ProbeAnswer Vectors(std::vector<std::vector<float>> vectors) { return {.vectors = std::move(vectors)}; }
ProbeAnswer Texts(std::vector<std::string> texts) { return {.texts = std::move(texts)}; }

struct Case {
  const char* name;
  ProbeAnswer reference;
  ProbeAnswer seen;
  bool agrees;
  const char* figure;
};

TEST(CompareAnswersTest, FollowsTheRule) {
  const Box moved{.x = 11, .y = 10, .width = 100, .height = 50};
  const Box elsewhere{.x = 300, .y = 10, .width = 100, .height = 50};
  const std::vector<Case> cases = {
      {"same vector", Vectors({{1, 0}}), Vectors({{1, 0}}), true, "cosine 1.0000"},
      {"length does not matter", Vectors({{1, 0}}), Vectors({{2, 0}}), true, "cosine 1.0000"},
      {"nearly", Vectors({{1, 0}}), Vectors({{1, 0.02F}}), true, "cosine 0.9998"},
      {"a little off", Vectors({{1, 0}}), Vectors({{1, 0.1F}}), false, "cosine 0.9950"},
      {"the worst counts", Vectors({{1, 0}, {1, 0}}), Vectors({{0, 1}, {1, 0}}), false, "cosine 0.0000"},
      {"NaN", Vectors({{1, 0}}), Vectors({{NAN, 0}}), false, "cosine nan"},
      {"shorter", Vectors({{1, 0}}), Vectors({{1}}), false, "cosine -1.0000"},
      {"fewer vectors", Vectors({{1, 0}}), Vectors({}), false, "0 vectors instead of 1"},
      {"boxes in another order", Boxes({{"a", .9F, kBox}, {"b", .5F, elsewhere}}),
       Boxes({{"b", .5F, elsewhere}, {"a", .88F, moved}}), true, "2 boxes, overlap 0.98, scores within 0.020"},
      {"another label", Boxes({{"a", .9F, kBox}}), Boxes({{"b", .9F, kBox}}), false,
       "1 boxes, overlap -1.00, scores within 0.000"},
      {"another photo", Boxes({{"a", .9F, kBox, 0}}), Boxes({{"a", .9F, kBox, 1}}), false,
       "1 boxes, overlap -1.00, scores within 0.000"},
      {"another place", Boxes({{"a", .9F, kBox}}), Boxes({{"a", .9F, elsewhere}}), false,
       "1 boxes, overlap 0.00, scores within 0.000"},
      {"another score", Boxes({{"a", .9F, kBox}}), Boxes({{"a", .8F, kBox}}), false,
       "1 boxes, overlap 1.00, scores within 0.100"},
      {"score NaN", Boxes({{"a", .9F, kBox}}), Boxes({{"a", NAN, kBox}}), false,
       "1 boxes, overlap 1.00, scores within nan"},
      {"a box more", Boxes({{"a", .9F, kBox}}), Boxes({{"a", .9F, kBox}, {"a", .9F, kBox}}), false,
       "2 boxes instead of 1"},
      {"same texts", Texts({"PARKING", "é"}), Texts({"PARKING", "é"}), true, "texts equal"},
      {"one letter", Texts({"PARKING"}), Texts({"PARKIN6"}), false, "\"PARKIN6\" instead of \"PARKING\""},
      {"a text less", Texts({"a", "b"}), Texts({"a"}), false, "1 texts instead of 2"},
      {"nothing at all", {}, {}, true, ""},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.name);
    const Agreement agreement = CompareAnswers(row.reference, row.seen);
    EXPECT_EQ(agreement.agrees, row.agrees);
    EXPECT_EQ(agreement.figure, row.figure);
  }
}

TEST(CompareAnswersTest, EveryPartMustAgree) {
  ProbeAnswer reference = Vectors({{1, 0}});
  reference.texts = {"a"};
  ProbeAnswer seen = reference;
  EXPECT_EQ(CompareAnswers(reference, seen).figure, "cosine 1.0000; texts equal");
  seen.texts = {"b"};
  EXPECT_FALSE(CompareAnswers(reference, seen).agrees);
}

}  // namespace
}  // namespace calotype
