// Version numbers of ONNX Runtime and NVIDIA's drivers: up to three numbers, separated by dots.
#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace calotype {

struct Version {
  std::array<int, 3> parts{};

  auto operator<=>(const Version&) const = default;
  // "1.23.2"; "580.65" if the third number is 0.
  std::string ToString() const;
};

// Parses "1.23.2" or "580.65.06". Ignores what follows the numbers ("-dev", "+cu128"). nullopt if the text does not
// begin with "N.N".
std::optional<Version> ParseVersion(std::string_view text);

}  // namespace calotype
