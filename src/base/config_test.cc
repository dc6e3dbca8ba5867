#include "base/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/folders.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class ConfigTest : public ::testing::Test {
 protected:
  void SetUp() override {
    registry_.AddInteger("scan.workers", &workers_, 0, 64, "help");
    registry_.AddText("models.pack", &pack_, "help");
    registry_.AddBool("scan.watch", &watch_, "help");
  }
  void TearDown() override { fs::remove(file_); }

  Status Apply(const std::string& text) {
    std::ofstream(file_) << text;
    return registry_.ApplyFile(file_);
  }

  int64_t workers_ = 4;
  std::string pack_ = "starter";
  bool watch_ = false;
  ConfigRegistry registry_;
  const fs::path file_ = fs::temp_directory_path() / ("calotype_config_test_" + std::to_string(getpid()) + ".toml");
};

TEST_F(ConfigTest, FileThenEnvironmentThenAssignment) {
  ASSERT_TRUE(Apply("[scan]\nworkers = 2\nwatch = true\n[models]\npack = \"a\"\n").ok());
  EXPECT_EQ(workers_, 2);
  EXPECT_TRUE(watch_);
  EXPECT_EQ(pack_, "a");
  const auto environment = [](const char* name) {
    return std::strcmp(name, "CALOTYPE_SCAN_WORKERS") == 0 ? "3" : nullptr;
  };
  ASSERT_TRUE(registry_.ApplyEnvironment(environment).ok());
  EXPECT_EQ(workers_, 3);
  ASSERT_TRUE(registry_.ApplyAssignment("scan.workers=5").ok());
  EXPECT_EQ(workers_, 5);
  ASSERT_TRUE(registry_.ApplyAssignment("models.pack=x=y").ok());
  EXPECT_EQ(pack_, "x=y");
}

TEST_F(ConfigTest, AssignmentsReadBackWhatTheySay) {
  std::vector<std::string> devices = {"cuda", "cpu"};
  registry_.AddList("devices.default", &devices, "");
  watch_ = true;
  std::vector<std::string> assignments;
  for (const ConfigField& field : registry_.fields()) {
    assignments.push_back(field.Assignment());
  }
  EXPECT_THAT(assignments, UnorderedElementsAre("scan.workers=4", "models.pack=starter", "scan.watch=true",
                                                "devices.default=cuda,cpu"));
  devices.clear();
  watch_ = false;
  for (const std::string& assignment : assignments) {
    EXPECT_TRUE(registry_.ApplyAssignment(assignment).ok()) << assignment;
  }
  EXPECT_TRUE(watch_);
  EXPECT_THAT(devices, ElementsAre("cuda", "cpu"));
}

TEST_F(ConfigTest, AListIsReadAsItIsPrinted) {
  std::vector<std::string> devices = {"cuda", "a, b"};
  registry_.AddList("devices.default", &devices, "");
  const std::string printed = registry_.fields().back().Value();
  EXPECT_EQ(printed, R"(["cuda", "a, b"])");
  devices.clear();
  EXPECT_TRUE(registry_.ApplyAssignment("devices.default=" + printed).ok());
  EXPECT_THAT(devices, ElementsAre("cuda", "a, b"));
  EXPECT_TRUE(registry_.ApplyAssignment("devices.default=[]").ok());
  EXPECT_TRUE(devices.empty());
  for (const char* const wrong : {"[\"cuda\"", "[cuda]", "[1]", "[\"cuda\"] x"}) {
    const Status status = registry_.ApplyAssignment(std::string("devices.default=") + wrong);
    EXPECT_THAT(Message(status), AllOf(HasSubstr("devices.default is '"), HasSubstr("it must be a list"))) << wrong;
  }
}

TEST_F(ConfigTest, NoFileIsNoError) { EXPECT_TRUE(registry_.ApplyFile("/nonexistent/config.toml").ok()); }

struct WrongCase {
  const char* text;
  const char* message;
};

TEST_F(ConfigTest, WrongFilesNameLineSeenAndAllowed) {
  const WrongCase cases[] = {
      {"[scan]\nworker = 2\n", ":2: unknown setting 'scan.worker'; did you mean 'scan.workers'?"},
      {"\n[scan]\nworkers = 65\n", ":3: scan.workers is 65; it must be 0 to 64"},
      {"[scan]\nworkers = \"two\"\n", ":2: scan.workers is a string; it must be a whole number"},
      {"[scan]\nworkers = 2.5\n", "it must be a whole number"},
      {"[models]\npack = 1\n", ":2: models.pack is an integer; it must be a string"},
      {"[scan]\nwatch = 1\n", "it must be true or false"},
      {"workers = 2\n", ":1: 'workers' is outside of any table"},
      {"[scan\n", ":1: "},
  };
  for (const WrongCase& wrong : cases) {
    const Status status = Apply(wrong.text);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << wrong.text;
    EXPECT_THAT(Message(status), HasSubstr(wrong.message)) << wrong.text;
    EXPECT_THAT(Message(status), HasSubstr(file_.string()));
  }
  EXPECT_EQ(workers_, 4);
}

TEST_F(ConfigTest, WrongTextNamesWhereItCameFrom) {
  const Status status = registry_.ApplyEnvironment(
      [](const char* name) { return std::strcmp(name, "CALOTYPE_SCAN_WORKERS") == 0 ? "many" : nullptr; });
  EXPECT_EQ(Message(status), "CALOTYPE_SCAN_WORKERS: scan.workers is 'many'; it must be a whole number from 0 to 64");
  EXPECT_FALSE(registry_.ApplyAssignment("scan.workers").ok());
  EXPECT_FALSE(registry_.ApplyAssignment("scan.workers=").ok());
  EXPECT_FALSE(registry_.ApplyAssignment("scan.workers=1x").ok());
  EXPECT_FALSE(registry_.ApplyAssignment("scan.watch=yes").ok());
  EXPECT_FALSE(registry_.ApplyAssignment("nothing=1").ok());
}

TEST(FoldersTest, XdgAndHomeAndEverythingInOne) {
  const auto with = [](const std::vector<std::pair<std::string, std::string>>& variables) {
    return FoldersFromEnvironment([&](const char* name) -> const char* {
      for (const auto& [key, value] : variables) {
        if (key == name) {
          return value.c_str();
        }
      }
      return nullptr;
    });
  };
  EXPECT_EQ(with({{"HOME", "/h"}}).data, "/h/.local/share/calotype");
  EXPECT_EQ(with({{"HOME", "/h"}}).config, "/h/.config/calotype");
  EXPECT_EQ(with({{"HOME", "/h"}, {"XDG_CACHE_HOME", "/c"}}).cache, "/c/calotype");
  EXPECT_EQ(with({{"HOME", "/h"}, {"XDG_CACHE_HOME", "relative"}}).cache, "/h/.cache/calotype");
  EXPECT_EQ(with({{"HOME", "/h"}, {"CALOTYPE_HOME", "/mine"}}).data, "/mine");
  EXPECT_EQ(with({{"HOME", "/h"}, {"CALOTYPE_HOME", "/mine"}}).config, "/mine");
  EXPECT_EQ(with({{"HOME", "/h"}, {"CALOTYPE_HOME", "/mine"}}).cache, "/h/.cache/calotype") << "models stay";
}

}  // namespace
}  // namespace calotype
