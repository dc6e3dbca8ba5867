#include "inference/placement/agreement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace calotype {
namespace {

const Box kBox{.x = 10, .y = 10, .width = 100, .height = 50};

ProbeAnswer Boxes(std::vector<ProbeBox> boxes) { return {.boxes = std::move(boxes), .box_threshold = .3F}; }
ProbeAnswer Vectors(std::vector<std::vector<float>> vectors) { return {.vectors = std::move(vectors)}; }
ProbeAnswer Texts(std::vector<std::string> texts) { return {.texts = std::move(texts)}; }
ProbeAnswer Lines(std::vector<ProbeLine> lines) { return {.lines = std::move(lines)}; }

struct Case {
  const char* name;
  ProbeAnswer reference;
  ProbeAnswer seen;
  bool agrees;
  const char* figure;
};

TEST(CompareAnswersTest, FollowsTheRule) {
  const Box moved{.x = 11, .y = 10, .width = 100, .height = 50};
  const Box wider{.x = 0, .y = 5, .width = 125, .height = 60};
  const Box elsewhere{.x = 300, .y = 10, .width = 100, .height = 50};
  const std::vector<Case> cases = {
      {"same vector", Vectors({{1, 0}}), Vectors({{1, 0}}), true, "cosine 1.0000"},
      {"length does not matter", Vectors({{1, 0}}), Vectors({{2, 0}}), true, "cosine 1.0000"},
      {"nearly", Vectors({{1, 0}}), Vectors({{1, 0.02F}}), true, "cosine 0.9998"},
      {"a little off", Vectors({{1, 0}}), Vectors({{1, 0.12F}}), false, "cosine 0.9929"},
      {"one of four a little off", Vectors({{1, 0}, {1, 0}, {1, 0}, {1, 0}}),
       Vectors({{1, 0.12F}, {1, 0}, {1, 0}, {1, 0}}), true, "cosine 0.9982, at worst 0.9929"},
      {"one of nine far off", Vectors(std::vector<std::vector<float>>(9, {1, 0})),
       Vectors({{1, 0.21F}, {1, 0}, {1, 0}, {1, 0}, {1, 0}, {1, 0}, {1, 0}, {1, 0}, {1, 0}}), false,
       "cosine 0.9976, at worst 0.9787"},
      {"the worst counts", Vectors({{1, 0}, {1, 0}}), Vectors({{0, 1}, {1, 0}}), false,
       "cosine 0.5000, at worst 0.0000"},
      {"NaN", Vectors({{1, 0}}), Vectors({{NAN, 0}}), false, "cosine nan"},
      {"shorter", Vectors({{1, 0}}), Vectors({{1}}), false, "cosine -1.0000"},
      {"fewer vectors", Vectors({{1, 0}}), Vectors({}), false, "0 vectors instead of 1"},
      {"boxes in another order", Boxes({{"a", .9F, kBox}, {"b", .5F, elsewhere}}),
       Boxes({{"b", .5F, elsewhere}, {"a", .88F, moved}}), true, "2 of 2 boxes the same"},
      {"another label", Boxes({{"a", .9F, kBox}}), Boxes({{"b", .9F, kBox}}), false, "0 of 1 boxes the same, 1 others"},
      {"another photo", Boxes({{"a", .9F, kBox, 0}}), Boxes({{"a", .9F, kBox, 1}}), false,
       "0 of 1 boxes the same, 1 others"},
      {"another place", Boxes({{"a", .9F, kBox}}), Boxes({{"a", .9F, elsewhere}}), false,
       "0 of 1 boxes the same, 1 others"},
      {"another score", Boxes({{"a", .9F, kBox}}), Boxes({{"a", .8F, kBox}}), false, "0 of 1 boxes the same, 1 others"},
      {"score NaN", Boxes({{"a", .9F, kBox}}), Boxes({{"a", NAN, kBox}}), false, "0 of 1 boxes the same, 1 others"},
      {"a box less", Boxes({{"a", .9F, kBox}}), Boxes({}), false, "0 of 1 boxes the same"},
      {"a box more", Boxes({{"a", .9F, kBox}}), Boxes({{"a", .9F, kBox}, {"a", .9F, kBox}}), false,
       "1 of 1 boxes the same, 1 others"},
      {"a box less, on the edge", Boxes({{"a", .9F, kBox}, {"a", .34F, elsewhere}}), Boxes({{"a", .9F, kBox}}), true,
       "1 of 2 boxes the same"},
      {"a box more, on the edge", Boxes({{"a", .9F, kBox}}), Boxes({{"a", .9F, kBox}, {"a", .34F, elsewhere}}), true,
       "1 of 1 boxes the same, 1 others"},
      {"same texts", Texts({"PARKING", "é"}), Texts({"PARKING", "é"}), true, "texts equal"},
      {"one letter", Texts({"PARKING"}), Texts({"PARKIN6"}), false, "\"PARKIN6\" instead of \"PARKING\""},
      {"a text less", Texts({"a", "b"}), Texts({"a"}), false, "1 texts instead of 2"},
      {"lines in another order, in other boxes", Lines({{"PARKING", kBox}, {"EXIT", elsewhere}}),
       Lines({{"EXIT", elsewhere}, {"PARKING", wider}}), true, "2 of 2 lines the same"},
      {"one letter of a line", Lines({{"PARKING", kBox}}), Lines({{"PARKIN6", kBox}}), false, "0 of 1 lines the same"},
      {"a line elsewhere", Lines({{"PARKING", kBox}}), Lines({{"PARKING", elsewhere}}), false,
       "0 of 1 lines the same, 1 others"},
      {"a line in another photo", Lines({{"PARKING", kBox, 0}}), Lines({{"PARKING", kBox, 1}}), false,
       "0 of 1 lines the same, 1 others"},
      {"a line more", Lines({{"PARKING", kBox}}), Lines({{"PARKING", kBox}, {"EXIT", elsewhere}}), false,
       "1 of 1 lines the same, 1 others"},
      {"nothing at all", {}, {}, true, ""},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.name);
    const Agreement agreement = CompareAnswers(row.reference, row.seen);
    EXPECT_EQ(agreement.agrees, row.agrees);
    EXPECT_EQ(agreement.figure, row.figure);
  }
}

// What saving the photo as JPEG changes may change on a device too, but never more than a quarter.
TEST(CompareAnswersTest, AllowsWhatTheReferenceItselfChanges) {
  const Box right{.x = 300, .y = 10, .width = 100, .height = 50};
  const Box below{.x = 10, .y = 200, .width = 100, .height = 50};
  const Box corner{.x = 300, .y = 200, .width = 100, .height = 50};
  const ProbeAnswer four = Boxes({{"a", .9F, kBox}, {"a", .9F, right}, {"a", .9F, below}, {"a", .9F, corner}});
  const ProbeAnswer three = Boxes({{"a", .9F, kBox}, {"a", .9F, right}, {"a", .9F, below}});
  const ProbeAnswer other_three = Boxes({{"a", .9F, right}, {"a", .9F, below}, {"a", .9F, corner}});
  const ProbeAnswer two = Boxes({{"a", .9F, kBox}, {"a", .9F, right}});
  EXPECT_FALSE(CompareAnswers(four, three, &four).agrees) << "the reference does not vary";
  EXPECT_TRUE(CompareAnswers(four, three, &other_three).agrees);
  EXPECT_EQ(CompareAnswers(four, three, &other_three).figure, "3 of 4 boxes the same: 1 changes, 1 by saving as JPEG");
  EXPECT_FALSE(CompareAnswers(four, two, &three).agrees);
  EXPECT_FALSE(CompareAnswers(four, two, &two).agrees) << "more than a quarter";

  const ProbeAnswer sign = Lines({{"NO PARKING", kBox}, {"AT ALL TIMES", below}});
  const ProbeAnswer letter = Lines({{"NO PARKING", kBox}, {"AT ALL TlMES", below}});
  const ProbeAnswer space = Lines({{"NOPARKING", kBox}, {"AT ALL TIMES", below}});
  const ProbeAnswer lost = Lines({{"NO PARKING", kBox}});
  EXPECT_TRUE(CompareAnswers(sign, letter, &space).agrees);
  EXPECT_FALSE(CompareAnswers(sign, lost, &space).agrees);
  EXPECT_FALSE(CompareAnswers(sign, lost, &lost).agrees) << "more than a quarter of the letters";
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
