// Words on their way into an index: labels and full text.
#include "catalog/text_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/labels.h"

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(FoldPluralTest, Rules) {
  struct Case {
    const char* word;
    const char* folded;
  };
  constexpr Case kCases[] = {{"flowers", "flower"},
                             {"flower", "flower"},
                             {"cats", "cat"},
                             {"boxes", "box"},
                             {"benches", "bench"},
                             {"dishes", "dish"},
                             {"glasses", "glass"},
                             {"glass", "glass"},
                             {"puppies", "puppy"},
                             {"ties", "tie"},
                             {"bus", "bus"},
                             {"horses", "horse"},
                             {"s", "s"},
                             {"", ""},
                             {"gas", "gas"}};
  for (const Case& test : kCases) {
    EXPECT_EQ(FoldPlural(test.word), test.folded);
  }
}

TEST(LabelWordsTest, SplitsAndLowers) {
  EXPECT_THAT(LabelWords("German Shepherds, two-way"), ElementsAre("german", "shepherd", "two", "way"));
  EXPECT_THAT(LabelWords("Grüße"), ElementsAre("grüße"));
  EXPECT_THAT(LabelWords(" -- "), IsEmpty());
}

TEST(ContainsWordsTest, WholeWordsInOrder) {
  EXPECT_TRUE(ContainsWords({"egyptian", "cat"}, {"cat"}));
  EXPECT_TRUE(ContainsWords({"a", "hot", "dog"}, {"hot", "dog"}));
  EXPECT_FALSE(ContainsWords({"dog", "hot"}, {"hot", "dog"}));
  EXPECT_FALSE(ContainsWords({"caterpillar"}, {"cat"}));
  EXPECT_FALSE(ContainsWords({"cat"}, {}));
}

TEST(IndexedLineTest, CharactersWithoutSpacesStandAlone) {
  EXPECT_EQ(IndexedLine("No parking"), "No parking");
  EXPECT_EQ(IndexedLine("a\nb\x01"), "a b ");
  EXPECT_EQ(IndexedLine("中文ok"), " 中  文 ok");
  EXPECT_EQ(IndexedLine("カ𠀀"), " カ  𠀀 ");
  EXPECT_EQ(IndexedLine("été"), "été");
  EXPECT_EQ(IndexedLine("e\xCC\x81t\xC3\xA9"), "été") << "two forms of the same accents";
  EXPECT_EQ(IndexedLine("Straße"), "Strasse");
  EXPECT_EQ(IndexedLines("Straße\n中\n"), "Strasse\n 中 \n");
  EXPECT_EQ(IndexedLine("\xe4\xb8"), "\xe4\xb8") << "a sequence that is cut short is passed on";
}

TEST(MatchExpressionTest, QuotesEveryWord) {
  EXPECT_EQ(MatchExpression("no park*"), "\"no\" \"park*\"*");
  EXPECT_EQ(MatchExpression("a* b"), "\"a*\" \"b\"");
  EXPECT_EQ(MatchExpression(" say \"hi\" ! "), "\"say\" \"\"\"hi\"\"\"");
  EXPECT_EQ(MatchExpression("中文"), "\" 中  文 \"");
  EXPECT_EQ(MatchExpression("* - \""), "");
}

TEST(PhraseExpressionTest, IsOneQuotedString) {
  EXPECT_EQ(PhraseExpression("no parking"), "\"no parking\"");
  EXPECT_EQ(PhraseExpression("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(PhraseExpression("--"), "");
}

TEST(LastNamesTest, ThoseOfTheFileAndTwoFolders) {
  EXPECT_EQ(LastNames("/home/ada/Pictures/2024/rome/a.jpg"), "2024/rome/a.jpg");
  EXPECT_EQ(LastNames("/a/b/c"), "a/b/c");
  EXPECT_EQ(LastNames("/a.jpg"), "a.jpg");
  EXPECT_EQ(LastNames("a.jpg"), "a.jpg");
}

TEST(BestLineTest, MostMatchesFirstOfEquals) {
  EXPECT_EQ(BestLine("none\n\x01one\n\x01two \x01two"), 2U);
  EXPECT_EQ(BestLine("\x01one\n\x01one"), 0U);
  EXPECT_EQ(BestLine(""), 0U);
}

}  // namespace
}  // namespace calotype
