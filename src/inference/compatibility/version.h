// Version numbers as ONNX Runtime and NVIDIA's drivers write them: up to three numbers with dots between.
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
  // "1.23.2"; "580.65" when the third number is 0.
  std::string ToString() const;
};

// Reads "1.23.2" and "580.65.06"; what follows the numbers ("-dev", "+cu128") is passed over. nullopt when there is no
// "N.N" at the start.
std::optional<Version> ParseVersion(std::string_view text);

}  // namespace calotype
