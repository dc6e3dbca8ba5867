// Draws text in every script for which the machine has a font, with libvips and Pango.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace calotype {

// How much of each pixel is covered by letters: 0 nothing, 255 all.
struct TextImage {
  int width = 0;
  int height = 0;
  int left = 0;  // of the first column, from where the line of text begins
  int top = 0;   // of the first row, from the top of the line of text: equal for all texts on one baseline
  std::vector<uint8_t> coverage;
};

// Draws one line of UTF-8 text with letters of `size` pixels (capitals have 0.7 of it, the line about 1.2). What is no
// character of a line becomes "?" (Printable()), and bytes after the first 1000 are left out. The system chooses a font
// for each character; one that no font has is drawn as a box with its number. Empty for a text of spaces. Safe from
// many threads; one draws at a time.
//   kUnimplemented  this libvips cannot draw text
StatusOr<TextImage> DrawText(std::string_view text, int size);

}  // namespace calotype
