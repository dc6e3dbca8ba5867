#include "pipeline/throttle.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <system_error>

namespace calotype {
namespace {

namespace fs = std::filesystem;

std::string FirstWord(const fs::path& file) {
  std::ifstream stream(file);
  std::string word;
  stream >> word;
  return word;
}

// A machine without a battery never runs on one; one with a charger that says so is on mains.
bool OnBattery(const fs::path& supplies) {
  bool battery = false;
  std::error_code error;
  for (fs::directory_iterator it(supplies, error), end; !error && it != end; it.increment(error)) {
    const std::string type = FirstWord(it->path() / "type");
    if (type == "Mains" && FirstWord(it->path() / "online") == "1") {
      return false;
    }
    // A mouse has a battery too, of scope "Device".
    battery = battery || (type == "Battery" && FirstWord(it->path() / "scope") != "Device" &&
                          FirstWord(it->path() / "status") == "Discharging");
  }
  return battery;
}

}  // namespace

std::string ReasonToRest(const ThrottleOptions& options) {
  if (options.rest_on_battery && OnBattery(options.power)) {
    return "on battery";
  }
  if (options.max_load > 0) {
    double load = 0;
    std::ifstream(fs::path(options.proc) / "loadavg") >> load;
    if (load - options.own_threads > options.max_load) {
      return fmt::format("the load is {:.1f}, over scan.max_load ({:g}) beside the scan's own {}", load,
                         options.max_load, options.own_threads);
    }
  }
  return "";
}

}  // namespace calotype
