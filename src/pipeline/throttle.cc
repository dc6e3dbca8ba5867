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

// False without a battery, and while a charger reports that it is connected.
bool OnBattery(const fs::path& supplies) {
  bool battery = false;
  std::error_code error;
  for (fs::directory_iterator it(supplies, error), end; !error && it != end; it.increment(error)) {
    const std::string type = FirstWord(it->path() / "type");
    if (type == "Mains" && FirstWord(it->path() / "online") == "1") {
      return false;
    }
    // The battery of a mouse has the scope "Device".
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
