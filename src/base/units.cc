#include "base/units.h"

#include <fmt/format.h>

#include <cmath>

namespace calotype {

std::string FormatBytes(int64_t bytes) {
  constexpr double kMegabyte = 1e6;
  constexpr double kGigabyte = 1e9;
  const auto number = static_cast<double>(bytes);
  return number < kGigabyte ? fmt::format("{:.1f} MB", number / kMegabyte)
                            : fmt::format("{:.2f} GB", number / kGigabyte);
}

std::string FormatDuration(double seconds) {
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 90) {
    return fmt::format("{} s", whole);
  }
  const int64_t minutes = (whole + 30) / 60;
  return minutes < 90 ? fmt::format("{} min", minutes) : fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

std::string Counted(int64_t count, std::string_view one, std::string_view many) {
  return count == 1 ? fmt::format("1 {}", one)
                    : fmt::format("{} {}{}", count, many.empty() ? one : many, many.empty() ? "s" : "");
}

}  // namespace calotype
