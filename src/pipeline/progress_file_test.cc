#include "pipeline/progress_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/temporary_folder.h"

namespace calotype {
namespace {

class ProgressFileTest : public ::testing::Test {
 protected:
  nlohmann::json Written() const { return nlohmann::json::parse(*ReadTextFile(file_)); }
  void Write(const nlohmann::json& json) const { std::ofstream(file_) << json; }

  const StatusOr<TemporaryFolder> folder_ = TemporaryFolder::Create();
  const std::filesystem::path file_ = folder_->path() / "catalog.db.progress";
};

TEST_F(ProgressFileTest, TellsOthersHowFarItIs) {
  ProgressFile file(file_);
  file.Update({.walking = false, .photos = 40, .unchanged = 10, .to_do = 30, .analysed = 4, .failed = 1});
  const std::optional<ScanNews> news = ReadProgress(file_);
  ASSERT_TRUE(news.has_value());
  EXPECT_EQ(news->life, ScanNews::Life::kRunning);
  EXPECT_EQ(news->process, getpid());
  EXPECT_EQ(news->progress.photos, 40);
  EXPECT_EQ(news->progress.unchanged, 10);
  EXPECT_EQ(news->progress.to_do, 30);
  EXPECT_EQ(news->progress.analysed, 4);
  EXPECT_EQ(news->progress.failed, 1);
  EXPECT_FALSE(news->progress.walking);
  EXPECT_EQ(news->per_minute, std::nullopt);
}

TEST_F(ProgressFileTest, OnceASecondAndWhenItComesToRest) {
  ProgressFile file(file_);
  file.Update({.analysed = 1});
  file.Update({.analysed = 2});
  EXPECT_EQ(ReadProgress(file_)->progress.analysed, 1);
  file.Update({.analysed = 3, .resting = "on battery"});
  EXPECT_EQ(ReadProgress(file_)->progress.analysed, 3);
  EXPECT_EQ(ReadProgress(file_)->progress.resting, "on battery");
  file.End({.analysed = 4});
  EXPECT_EQ(ReadProgress(file_)->life, ScanNews::Life::kEnded);
  EXPECT_EQ(ReadProgress(file_)->progress.analysed, 4);
}

TEST_F(ProgressFileTest, SilenceAndANewStartOfTheMachineAreADeath) {
  ProgressFile(file_).Update({});
  nlohmann::json json = Written();
  const double told = json["told_at"];
  for (const double other : {told - 11, told + 1000}) {
    json["told_at"] = other;
    Write(json);
    EXPECT_EQ(ReadProgress(file_)->life, ScanNews::Life::kDied) << other;
  }
  json["told_at"] = told;
  json["boot"] = "another";
  Write(json);
  EXPECT_EQ(ReadProgress(file_)->life, ScanNews::Life::kDied);
}

TEST_F(ProgressFileTest, WhatCannotBeReadIsNoNews) {
  EXPECT_FALSE(ReadProgress(file_).has_value());
  for (const char* text : {"", "{", "[]", R"({"process":"x"})", "\xff\xfe"}) {
    std::ofstream(file_) << text;
    EXPECT_FALSE(ReadProgress(file_).has_value()) << text;
  }
}

TEST_F(ProgressFileTest, AFolderThatTakesNoFileIsNoReasonToStop) {
  ProgressFile file(folder_->path() / "no such folder" / "progress");
  file.Update({});
  file.End({});
}

}  // namespace
}  // namespace calotype
