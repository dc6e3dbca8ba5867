#include "base/unicode.h"

#include <gtest/gtest.h>

namespace calotype {
namespace {

TEST(UnicodeTest, ComparisonsIgnoreCaseAccentsAndTheirForm) {
  struct Case {
    const char* text;
    const char* folded;
  };
  for (const Case& one : {
           Case{"Zinédine", "zinedine"},
           Case{"Zine\xCC\x81"
                "dine",
                "zinedine"},
           Case{"Straße", "strasse"},
           Case{"STRASSE", "strasse"},
           Case{"Graubünden", "graubunden"},
           Case{"Søren Łukasz Œuvre", "soren lukasz oeuvre"},
           Case{"ΑΘΉΝΑ", "αθηνα"},
           Case{"ＡＢＣ", "abc"},
           Case{"", ""},
           Case{"\xFF"
                "Ab",
                "\xFF"
                "ab"},
       }) {
    EXPECT_EQ(FoldCaseAndAccents(one.text), one.folded) << one.text;
  }
}

TEST(UnicodeTest, MarksThatAreNoAccentsStay) {
  EXPECT_NE(FoldCaseAndAccents("が"), FoldCaseAndAccents("か"));
  EXPECT_EQ(FoldCaseAndAccents("か\xE3\x82\x99"), FoldCaseAndAccents("が")) << "NFD and NFC";
  EXPECT_EQ(FoldCaseAndAccents(ToNormalForm("한국", NormalForm::kNfd)), "한국");
  EXPECT_NE(FoldCaseAndAccents("कि"), FoldCaseAndAccents("क"));
}

TEST(UnicodeTest, SpecialLettersAreReplacedAndNothingElse) {
  EXPECT_EQ(ReplaceSpecialLetters("Große Été \xFF ẞ"), "Grosse Été \xFF SS");
}

}  // namespace
}  // namespace calotype
