// Compares the text that was recognised in two photos.
#pragma once

#include <string_view>
#include <vector>

#include "analysis/findings.h"

namespace calotype {

// The text of a photo, and the photo's size in the pixels of TextFinding::quad.
struct PhotoText {
  std::vector<TextFinding> lines;
  int width = 0;
  int height = 0;
};

// True if both photos have text that is surely not the same. Only lines that were read with a score of at least 0.8
// count. Case, spaces and punctuation do not. Recognition makes mistakes, so a few different characters are no
// evidence, except in digits: lines at the same place with as many but other digits differ ("2024-0017" and
// "2024-0018").
bool TextsDiffer(const PhotoText& a, const PhotoText& b);

}  // namespace calotype
