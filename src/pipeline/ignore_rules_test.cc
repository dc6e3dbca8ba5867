#include "pipeline/ignore_rules.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/temporary_folder.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

struct Case {
  std::string_view pattern;
  std::string_view path;  // below the folder; a folder when it ends in a slash
  bool ignored;
};

// From the rules and examples of gitignore(5); `git check-ignore --no-index` answered the same for each.
constexpr Case kCases[] = {
    {"*.png", "a.png", true},
    {"*.png", "deep/er/a.png", true},
    {"*.png", "a.png.jpg", false},
    {"/*.png", "a.png", true},
    {"/*.png", "deep/a.png", false},
    {"raw", "raw/", true},
    {"raw", "raw", true},
    {"raw/", "raw", false},
    {"raw/", "raw/", true},
    {"raw/", "2024/raw/", true},
    {"/raw/", "2024/raw/", false},
    {"2024/raw", "2024/raw/", true},
    {"2024/raw", "old/2024/raw/", false},
    {"2024/*", "2024/a.jpg", true},
    {"2024/*.jpg", "2024/b/a.jpg", false},
    {"2024/?.jpg", "2024/a.jpg", true},
    {"2024/?.jpg", "2024/ab.jpg", false},
    {"**/cache", "cache/", true},
    {"**/cache", "a/b/cache/", true},
    {"**/cache/a", "x/cache/a", true},
    {"cache/**", "cache/a/b", true},
    {"cache/**", "cache/", false},
    {"a/**/b", "a/b", true},
    {"a/**/b", "a/x/y/b", true},
    {"a/**/b", "c/a/b", false},
    {"IMG_[0-9].jpg", "IMG_7.jpg", true},
    {"IMG_[!0-9].jpg", "IMG_7.jpg", false},
    {"# comment", "# comment", false},
    {"\\#hash", "#hash", true},
    {"\\!bang", "!bang", true},
    {"trailing   ", "trailing", true},
    {"trailing\\ ", "trailing ", true},
    {"", "anything", false},
    {"/", "anything", false},
};

TEST(IgnoreRulesTest, EachPatternFitsAsGitHasIt) {
  for (const Case& one : kCases) {
    const std::vector<std::string> lines = {std::string(one.pattern)};
    const IgnoreRules rules("/photos", lines, nullptr);
    const bool is_folder = one.path.ends_with('/');
    const fs::path path = fs::path("/photos") / one.path.substr(0, one.path.size() - (is_folder ? 1 : 0));
    EXPECT_EQ(rules.Ignores(path, is_folder), one.ignored) << one.pattern << " on " << one.path;
  }
}

TEST(IgnoreRulesTest, TheLastPatternThatFitsDecides) {
  const std::vector<std::string> lines = {"*.jpg", "!keep*.jpg", "keep_not.jpg"};
  const IgnoreRules rules("/photos", lines, nullptr);
  EXPECT_TRUE(rules.Ignores("/photos/a.jpg", false));
  EXPECT_FALSE(rules.Ignores("/photos/keep.jpg", false));
  EXPECT_TRUE(rules.Ignores("/photos/keep_not.jpg", false));
}

TEST(IgnoreRulesTest, ADeeperFileDecidesBeforeTheOneAbove) {
  const std::vector<std::string> above = {"*.jpg"};
  const std::vector<std::string> below = {"!a.jpg"};
  const auto outer = std::make_shared<IgnoreRules>("/photos", above, nullptr);
  const IgnoreRules inner("/photos/2024", below, outer);
  EXPECT_FALSE(inner.Ignores("/photos/2024/a.jpg", false));
  EXPECT_TRUE(inner.Ignores("/photos/2024/b.jpg", false));
}

TEST(IgnoreRulesTest, TheFileIsReadWithEitherEndOfLine) {
  const auto folder = TemporaryFolder::Create();
  ASSERT_TRUE(folder.ok());
  EXPECT_TRUE(ReadIgnoreFile(folder->path())->empty());
  std::ofstream(folder->path() / kIgnoreFileName) << "*.png\r\nraw/\n\nlast";
  const std::vector<std::string> expected = {"*.png", "raw/", "", "last"};
  EXPECT_EQ(*ReadIgnoreFile(folder->path()), expected);
}

}  // namespace
}  // namespace calotype
