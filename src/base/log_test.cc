#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace calotype {
namespace {

TEST(LogTest, TheSinkGetsMessagesOfTheLevelAndAbove) {
  std::vector<std::string> lines;
  SetLogSink([&](LogLevel, std::string_view message) { lines.emplace_back(message); });
  LogInfo("not {}", "heard");
  LogWarning("{} of {}", 1, 2);
  SetLogLevel(LogLevel::kDebug);
  LogDebug("heard");
  SetLogLevel(LogLevel::kWarning);
  SetLogSink(nullptr);
  EXPECT_THAT(lines, ::testing::ElementsAre("1 of 2", "heard"));
}

}  // namespace
}  // namespace calotype
