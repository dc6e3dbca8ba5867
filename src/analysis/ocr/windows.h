// Divides tall photos, such as screenshots of whole pages, into overlapping windows for the text detector, which would
// shrink them until no text is left.
#pragma once

#include <span>
#include <vector>

#include "analysis/ocr/text_regions.h"
#include "base/geometry.h"

namespace calotype {

// A horizontal strip of the photo, in pixels. Lines are taken from the window whose core has their centre; the margin
// around the core shows them as a whole.
struct TextWindow {
  int top = 0;
  int height = 0;
  int core_top = 0;
  int core_bottom = 0;
};

// One window for all of the photo, if it is at most 4 times as high as wide. Otherwise windows of up to twice the width
// and `max_side`, of which neighbours share a quarter. Photos that are too wide keep one window: their lines of text
// run along the long side, and would be cut.
std::vector<TextWindow> PlanTextWindows(PixelSize photo, int max_side);

// True if a line with these corners, in pixels of the photo, belongs to `window` and is not among `known`. A line near
// the edge of a core may be found in both windows.
bool IsNewLine(const Quad& line, const TextWindow& window, std::span<const Quad> known);

// The smallest box around `quad`.
Box BoundsOf(const Quad& quad);

}  // namespace calotype
