#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/temporary_folder.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr const char* kTime = "20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}[+-][0-9]{2}:[0-9]{2}";

class LogTest : public ::testing::Test {
 protected:
  void TearDown() override {
    SetLogSink(nullptr);
    SetLogLevel(LogLevel::kNotice);
    EXPECT_TRUE(SetLogTarget({}).ok());
  }

  static std::vector<std::string> Lines(const fs::path& file) {
    std::ifstream in(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
      lines.push_back(line);
    }
    return lines;
  }

  const TemporaryFolder folder_ = *TemporaryFolder::Create();
  const fs::path file_ = folder_.path() / "calotype.log";
};

TEST_F(LogTest, TheSinkGetsMessagesOfTheLevelAndAbove) {
  std::vector<std::string> lines;
  SetLogSink([&](LogLevel, std::string_view message) { lines.emplace_back(message); });
  LogInfo("not {}", "heard");
  LogWarning("{} of {}", 1, 2);
  Log(LogLevel::kNotice, "a notice");
  SetLogLevel(LogLevel::kDebug);
  LogDebug("heard");
  EXPECT_THAT(lines, ElementsAre("1 of 2", "a notice", "heard"));
}

TEST_F(LogTest, AFileGetsLinesWithTheTimeAfterThoseThatItHas) {
  std::ofstream(file_) << "an earlier line\n";
  ASSERT_TRUE(SetLogTarget({.file = file_}).ok());
  LogWarning("low");
  Log(LogLevel::kNotice, "told");
  EXPECT_THAT(Lines(file_), ElementsAre("an earlier line", MatchesRegex(std::string(kTime) + " calotype: warning: low"),
                                        MatchesRegex(std::string(kTime) + " calotype: told")));
}

TEST_F(LogTest, JsonHasTimeLevelMessageAndFields) {
  ASSERT_TRUE(SetLogTarget({.file = file_, .format = LogFormat::kJson}).ok());
  Log(LogLevel::kWarning, "two\nlines \xff", {{.name = "path", .value = "/a\"b"}, {.name = "ms", .value = 1.5}});
  const std::vector<std::string> lines = Lines(file_);
  ASSERT_EQ(lines.size(), 1U);
  const auto json = nlohmann::json::parse(lines[0]);
  EXPECT_THAT(json["time"].get<std::string>(), MatchesRegex(kTime));
  EXPECT_EQ(json["level"], "warning");
  EXPECT_EQ(json["message"], "two\nlines \xef\xbf\xbd");
  EXPECT_EQ(json["path"], "/a\"b");
  EXPECT_EQ(json["ms"], 1.5);
}

TEST_F(LogTest, AFileThatCannotBeOpenedIsNamedAndChangesNothing) {
  ASSERT_TRUE(SetLogTarget({.file = file_}).ok());
  const Status failed = SetLogTarget({.file = folder_.path() / "missing" / "x.log"});
  EXPECT_THAT(Message(failed), HasSubstr("missing/x.log (log.file)"));
  EXPECT_EQ(CurrentLogTarget().file, file_);
  LogWarning("still here");
  EXPECT_THAT(Lines(file_), ElementsAre(HasSubstr("still here")));
}

TEST_F(LogTest, ARenamedFileIsReplacedWhenTheLogIsReopened) {
  ASSERT_TRUE(SetLogTarget({.file = file_}).ok());
  const fs::path rotated = folder_.path() / "calotype.log.1";
  fs::rename(file_, rotated);
  LogWarning("old");
  ASSERT_TRUE(ReopenLog().ok());
  LogWarning("new");
  EXPECT_THAT(Lines(rotated), ElementsAre(HasSubstr("old")));
  EXPECT_THAT(Lines(file_), ElementsAre(HasSubstr("new")));
}

}  // namespace
}  // namespace calotype
