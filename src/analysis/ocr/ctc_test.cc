#include "analysis/ocr/ctc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace calotype {
namespace {

using ::testing::HasSubstr;

// Rows for the alphabet blank, a, b, é, space. In row i, the class `classes[i]` gets `scores[i]`; the other classes
// share the rest.
std::vector<float> Steps(const std::vector<std::size_t>& classes, const std::vector<float>& scores) {
  std::vector<float> steps;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    std::vector<float> row(5, (1 - scores[i]) / 4);
    row[classes[i]] = scores[i];
    steps.insert(steps.end(), row.begin(), row.end());
  }
  return steps;
}

CtcAlphabet Letters() { return CtcAlphabet::FromLines("a\nb\n\xC3\xA9\n", 5).value(); }

struct DecodeCase {
  std::string name;
  std::vector<std::size_t> classes;
  std::vector<float> scores;
  std::string text;
  float score;
};

class DecodeCtcTest : public testing::TestWithParam<DecodeCase> {};

TEST_P(DecodeCtcTest, ReadsTheMostLikelyPath) {
  const DecodeCase& c = GetParam();
  const ReadText read = DecodeCtc(Steps(c.classes, c.scores), Letters());
  EXPECT_EQ(read.text, c.text);
  EXPECT_NEAR(read.score, c.score, 1e-6F);
}

INSTANTIATE_TEST_SUITE_P(
    Lines, DecodeCtcTest,
    testing::Values(DecodeCase{"Nothing", {}, {}, "", 0},                                       //
                    DecodeCase{"OnlyBlanks", {0, 0, 0}, {.9F, .9F, .9F}, "", 0},                //
                    DecodeCase{"Plain", {1, 2}, {.8F, .6F}, "ab", .7F},                         //
                    DecodeCase{"RepeatsMerge", {1, 1, 1, 2}, {.9F, .5F, .5F, .7F}, "ab", .8F},  //
                    DecodeCase{"BlankSeparates", {1, 0, 1}, {.9F, .9F, .7F}, "aa", .8F},        //
                    DecodeCase{"BlanksDoNotCount", {0, 3, 0, 4, 0}, {.4F, 1, .4F, .5F, .4F}, "\xC3\xA9 ", .75F},
                    DecodeCase{"AlternatingIsKept", {1, 2, 1}, {.6F, .6F, .6F}, "aba", .6F}),
    [](const auto& test) { return test.param.name; });

TEST(DecodeCtcTest, IgnoresAnIncompleteStep) {
  std::vector<float> steps = Steps({1}, {1});
  steps.insert(steps.end(), {0, 0, 1});
  EXPECT_EQ(DecodeCtc(steps, Letters()).text, "a");
}

TEST(CtcAlphabetTest, FitsTheListToTheClasses) {
  const CtcAlphabet with_space = CtcAlphabet::FromLines("a\nb", 4).value();
  EXPECT_EQ(with_space[0], "");
  EXPECT_EQ(with_space[1], "a");
  EXPECT_EQ(with_space[3], " ");
  const CtcAlphabet without_space = CtcAlphabet::FromLines("a\r\nb\r\n", 3).value();
  EXPECT_EQ(without_space[2], "b");
  const CtcAlphabet complete = CtcAlphabet::FromLines("blank\na\n \n", 3).value();
  EXPECT_EQ(complete[0], "");
  EXPECT_EQ(complete[1], "a");
  EXPECT_EQ(complete[2], " ");
}

TEST(CtcAlphabetTest, RecognisesTheBlankByItsName) {
  const CtcAlphabet spaceless = CtcAlphabet::FromLines("blank\na\nb\n", 4).value();
  EXPECT_EQ(spaceless[0], "");
  EXPECT_EQ(spaceless[1], "a");
  EXPECT_EQ(spaceless[3], " ");
}

TEST(CtcAlphabetTest, RefusesAListThatDoesNotFit) {
  for (const std::size_t classes : {std::size_t{0}, std::size_t{2}, std::size_t{6}}) {
    const auto alphabet = CtcAlphabet::FromLines("a\nb\nc\n", classes);
    EXPECT_EQ(alphabet.status().code(), absl::StatusCode::kInvalidArgument) << classes;
    EXPECT_THAT(Message(alphabet.status()), HasSubstr("a list of 3 characters does not fit"));
  }
  EXPECT_FALSE(CtcAlphabet::FromLines("", 0).ok());
}

}  // namespace
}  // namespace calotype
