#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace calotype {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A program with a command of each kind; `said` is what it reported on standard error.
class CommandLineTest : public testing::Test {
 protected:
  CommandLineTest() {
    CommandLine scan = parser_.root().AddCommand("scan", "Scan folders");
    scan.AddOptionalArguments("FOLDER", folders_, "Folders");
    scan.AddOnly(only_);
    scan.AddRepeated("--param KEY=VALUE", params_, "A parameter");
    scan.AddChoice("--sort", sort_, {"relevance", "newest", "oldest"}, "The order");
    scan.SetAction([] { return 0; });
    CommandLine search = parser_.root().AddCommand("search", "Find photos");
    search.AddWords("QUERY", words_, "What to look for");
    search.AddCount("-n,--limit", limit_, "Maximum number of results");
    search.AddFlag("-0,--null", zero_, "Paths that end in a zero byte");
    search.AddOption("--out FILE", out_, "Where to");
    search.SetAction([] { return 0; });
  }

  // True when the arguments are understood.
  bool Parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "calotype");
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    const CommandAction action = parser_.Parse(static_cast<int>(arguments.size()), arguments.data(), status_);
    printed_ = testing::internal::GetCapturedStdout();
    said_ = testing::internal::GetCapturedStderr();
    return static_cast<bool>(action);
  }

  CommandLineParser parser_{"calotype", "1.0", "Photos"};
  std::vector<std::string> folders_;
  std::vector<std::string> only_;
  std::vector<std::string> params_;
  std::vector<std::string> words_;
  std::string sort_ = "relevance";
  std::string out_;
  int limit_ = 20;
  bool zero_ = false;
  int status_ = 0;
  std::string printed_;
  std::string said_;
};

TEST_F(CommandLineTest, AnOptionTakesOneValue) {
  EXPECT_TRUE(Parse({"scan", "--only", "pdq", "photos"})) << said_;
  EXPECT_THAT(only_, ElementsAre("pdq"));
  EXPECT_THAT(folders_, ElementsAre("photos"));
}

TEST_F(CommandLineTest, ListsAreSeparatedByCommasOrGivenAgain) {
  EXPECT_TRUE(Parse({"scan", "a", "--only", "objects,text", "--only=pdq", "b"})) << said_;
  EXPECT_THAT(only_, ElementsAre("objects", "text", "pdq"));
  EXPECT_THAT(folders_, ElementsAre("a", "b"));
}

TEST_F(CommandLineTest, CommasAreKeptWhereAnOptionIsGivenAgain) {
  EXPECT_TRUE(Parse({"scan", "--param", "sizes=[1,2]", "--param", "[3,4]"})) << said_;
  EXPECT_THAT(params_, ElementsAre("sizes=[1,2]", "[3,4]"));
}

TEST_F(CommandLineTest, BracketsInArgumentsAreKept) {
  EXPECT_TRUE(Parse({"scan", "[2024]", "[a,b]", "--param", "[1]"})) << said_;
  EXPECT_THAT(folders_, ElementsAre("[2024]", "[a,b]"));
  EXPECT_THAT(params_, ElementsAre("[1]"));
}

TEST_F(CommandLineTest, QueriesMayStartWithADash) {
  EXPECT_TRUE(Parse({"search", "-name:raw", "-0", "cat", "-object:dog", "-n", "5", "--out", "-x"})) << said_;
  EXPECT_THAT(words_, ElementsAre("-name:raw", "cat", "-object:dog"));
  EXPECT_TRUE(zero_);
  EXPECT_EQ(limit_, 5);
  EXPECT_EQ(out_, "-x");
}

TEST_F(CommandLineTest, WordsThatOptionsOfOthersStartWith) {
  EXPECT_TRUE(Parse({"--set", "a=b", "--verbose", "search", "-video:true", "-hat:red", "-n7", "scan", "--null"}));
  EXPECT_THAT(words_, ElementsAre("-video:true", "-hat:red", "scan"));
  EXPECT_EQ(limit_, 7);
  EXPECT_TRUE(parser_.globals().verbose);
  EXPECT_THAT(parser_.globals().assignments, ElementsAre("a=b"));
}

TEST_F(CommandLineTest, AfterTwoDashesAllAreWords) {
  EXPECT_TRUE(Parse({"search", "--null", "--", "-n", "--limit", "--"})) << said_;
  EXPECT_THAT(words_, ElementsAre("-n", "--limit", "--"));
}

TEST_F(CommandLineTest, AnUnknownOptionIsNotTakenForAWord) {
  for (const char* const unknown : {"--jsno", "-q", "--limits=3"}) {
    EXPECT_FALSE(Parse({"search", "cat", unknown}));
    EXPECT_EQ(status_, 2);
    EXPECT_THAT(said_, HasSubstr(std::string(unknown) + " is not an option of search"));
    EXPECT_THAT(said_, HasSubstr("after --"));
  }
}

TEST_F(CommandLineTest, RangesAreReadable) {
  for (const char* const wrong : {"0", "-1", "x", "1.5", "99999999999", ""}) {
    EXPECT_FALSE(Parse({"search", "cat", "--limit", wrong}));
    EXPECT_EQ(status_, 2);
    EXPECT_THAT(said_,
                HasSubstr(std::string("--limit is '") + wrong + "'; it can be a whole number from 1 to 2147483647"));
  }
}

TEST_F(CommandLineTest, AChoiceListsWhatItCanBe) {
  EXPECT_FALSE(Parse({"scan", "--sort", "size"}));
  EXPECT_THAT(said_, HasSubstr("--sort is 'size'; it can be relevance, newest or oldest"));
  EXPECT_TRUE(Parse({"scan", "--sort", "newest"}));
  EXPECT_EQ(sort_, "newest");
}

TEST_F(CommandLineTest, UsageErrorsNameTheHelp) {
  EXPECT_FALSE(Parse({"search"}));
  EXPECT_EQ(status_, 2);
  EXPECT_THAT(said_, HasSubstr("QUERY is required; \"calotype search --help\" shows"));
  EXPECT_THAT(printed_, IsEmpty());
}

TEST_F(CommandLineTest, HelpShowsArgumentsOptionsAndDefaults) {
  EXPECT_FALSE(Parse({"search", "--help"}));
  EXPECT_EQ(status_, 0);
  EXPECT_THAT(printed_, HasSubstr("Find photos\n\nUsage: calotype search [OPTIONS] QUERY...\n"));
  EXPECT_THAT(printed_, HasSubstr("  -n, --limit NUMBER          Maximum number of results (default: 20)\n"));
  EXPECT_FALSE(Parse({"--help"}));
  EXPECT_THAT(printed_, HasSubstr("  search                      Find photos\n"));
}

}  // namespace
}  // namespace calotype
