// For the tests of this folder: the test data, and the picture that most of the files show.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/source_dir.h"
#include "photo/decode.h"

namespace calotype {

inline std::filesystem::path TestDataPath(std::string_view name) { return SourceDir() / "src/photo/testdata" / name; }

inline std::vector<uint8_t> TestData(std::string_view name) {
  StatusOr<std::vector<uint8_t>> data = ReadFile(TestDataPath(name));
  if (!data.ok()) {
    ADD_FAILURE() << Message(data.status());
    return {};
  }
  return *std::move(data);
}

using Rgb = std::array<int, 3>;

// The quarters of make_testdata.py: top left, top right, bottom left, bottom right.
using Quarters = std::array<Rgb, 4>;
inline constexpr Quarters kQuarters = {{{220, 40, 30}, {40, 200, 60}, {30, 60, 210}, {230, 220, 40}}};

// The pixel in the middle of each quarter.
inline Quarters MiddlesOfQuarters(const Image& image) {
  Quarters found{};
  for (int i = 0; i < 4; ++i) {
    const int x = (i % 2 * 2 + 1) * image.width() / 4;
    const int y = (i / 2 * 2 + 1) * image.height() / 4;
    const uint8_t* pixel = image.row(y) + static_cast<std::size_t>(x) * Image::kChannels;
    found[static_cast<std::size_t>(i)] = {pixel[0], pixel[1], pixel[2]};
  }
  return found;
}

inline int LargestDifference(const Quarters& a, const Quarters& b) {
  int largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      largest = std::max(largest, std::abs(a[i][channel] - b[i][channel]));
    }
  }
  return largest;
}

}  // namespace calotype
