#include "base/printable.h"

#include <gtest/gtest.h>

namespace calotype {
namespace {

struct Case {
  const char* text;
  const char* expected;
};

TEST(Printable, ReplacesWhatATerminalWouldObey) {
  for (const Case& wanted : {
           Case{"plain", "plain"},
           Case{"a\033[31mb\n", "a?[31mb?"},
           Case{"tab\there\x7f", "tab?here?"},
           Case{"\u0080\u0085\u009b31m\u009f", "???31m?"},  // C1: U+009B starts a sequence as ESC [ does
           Case{"\u00a0\u00a1", "\u00a0\u00a1"},
           Case{"a\u202egpj.exe\u202c", "a?gpj.exe?"},
           Case{"\u202a\u202b\u202d\u2066\u2067\u2068\u2069", "???????"},
           Case{"one\u2028two\u2029", "one?two?"},
           Case{"two\nlines\t", "two?lines?"},
           Case{"", ""},
           Case{"größe 写真 😀", "größe 写真 😀"},
       }) {
    EXPECT_EQ(Printable(wanted.text), wanted.expected) << wanted.text;
  }
}

TEST(Printable, ReplacesEachByteThatIsNotUtf8) {
  for (const Case& wanted : {
           Case{"\xff", "?"},
           Case{"\xc3", "?"},                 // cut off
           Case{"\xc0\xaf", "??"},            // overlong
           Case{"\xe0\x80\x9b", "???"},       // overlong U+001B
           Case{"\xed\xa0\x80", "???"},       // a surrogate
           Case{"\xf4\x90\x80\x80", "????"},  // above U+10FFFF
           Case{"\xc3(", "?("},
           Case{"\xff\xfe", "??"},
           Case{"cut \xe6\x97", "cut ??"},
       }) {
    EXPECT_EQ(Printable(wanted.text), wanted.expected);
  }
}

TEST(Printable, ReplacesZeroBytes) { EXPECT_EQ(Printable(std::string("a\0b", 3)), "a?b"); }

TEST(PrintableLines, KeepsNewlinesOnly) { EXPECT_EQ(PrintableLines("a\033\nb\r\n"), "a?\nb?\n"); }

TEST(PrintableJson, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(PrintableJson("{\"path\":\"a\\u001b[31m\u009b2J\u202egpj\"}"),
            "{\"path\":\"a\\u001b[31m\\u009b2J\\u202egpj\"}");
  EXPECT_EQ(PrintableJson("[\"Stra\u00dfe \u6771\u4eac\",\n1]"), "[\"Stra\u00dfe \u6771\u4eac\",\n1]");
}

}  // namespace
}  // namespace calotype
