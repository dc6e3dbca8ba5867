#include "pipeline/throttle.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/temporary_folder.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

class ThrottleTest : public ::testing::Test {
 protected:
  void Supply(const std::string& name, const std::string& type, const std::string& file,
              const std::string& value) const {
    fs::create_directories(folder_->path() / "power" / name);
    std::ofstream(folder_->path() / "power" / name / "type") << type << "\n";
    std::ofstream(folder_->path() / "power" / name / file) << value << "\n";
  }
  std::string Reason(ThrottleOptions options) const {
    options.proc = folder_->path().string();
    options.power = (folder_->path() / "power").string();
    return ReasonToRest(options);
  }
  const StatusOr<TemporaryFolder> folder_ = TemporaryFolder::Create();
};

TEST_F(ThrottleTest, RestsOnBatteryWhereAsked) {
  const ThrottleOptions asked{.rest_on_battery = true};
  EXPECT_EQ(Reason(asked), "") << "a machine without a battery";
  Supply("BAT0", "Battery", "status", "Discharging");
  EXPECT_EQ(Reason(asked), "on battery");
  EXPECT_EQ(Reason({}), "");
  Supply("AC", "Mains", "online", "1");
  EXPECT_EQ(Reason(asked), "");
}

TEST_F(ThrottleTest, AMousesBatteryIsNotTheMachines) {
  Supply("mouse", "Battery", "status", "Discharging");
  std::ofstream(folder_->path() / "power/mouse/scope") << "Device\n";
  EXPECT_EQ(Reason({.rest_on_battery = true}), "");
}

TEST_F(ThrottleTest, RestsWhenOthersNeedTheMachine) {
  std::ofstream(folder_->path() / "loadavg") << "7.25 3.00 1.00 2/300 4000\n";
  EXPECT_EQ(Reason({.max_load = 4, .own_threads = 4}), "");
  EXPECT_EQ(Reason({.max_load = 4, .own_threads = 2}),
            "the load is 7.2, over scan.max_load (4) beside the scan's own 2");
  EXPECT_EQ(Reason({.own_threads = 0}), "");
}

}  // namespace
}  // namespace calotype
