#include "cli/size_text.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <cmath>

namespace calotype {

StatusOr<int64_t> ParseMegabytes(std::string_view what, std::string_view text) {
  constexpr double kGigabyte = 1000;
  constexpr double kMost = 1e9;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.size() == 2 && std::toupper(unit[1]) == 'B') {
    unit.remove_suffix(1);
  }
  const char letter = unit.size() == 1 ? static_cast<char>(std::toupper(unit[0])) : '\0';
  const double megabytes = letter == 'G' ? number * kGigabyte : number;
  if (error != std::errc() || (letter != 'G' && letter != 'M') || !(megabytes >= 1) || megabytes > kMost) {
    return absl::InvalidArgumentError(
        fmt::format("{} is '{}'; it may be a number of megabytes or gigabytes, such as 800M or 1.5G", what, text));
  }
  return static_cast<int64_t>(std::llround(megabytes));
}

}  // namespace calotype
