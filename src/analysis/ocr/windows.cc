#include "analysis/ocr/windows.h"

#include <algorithm>

namespace calotype {
namespace {

constexpr int kTall = 4;
// Shorter windows are not worth a run of the network, even if the photo is only a few pixels wide.
constexpr int kLeastHeight = 640;
// The part of a window that it shares with the next one.
constexpr int kSharedPart = 4;
// A line is the same as another if they share this part of the smaller one.
constexpr float kSameLine = 0.5F;

bool AreSame(const Box& a, const Box& b) {
  const float width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const float height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  return width > 0 && height > 0 && width * height > kSameLine * std::min(a.Area(), b.Area());
}

}  // namespace

std::vector<TextWindow> PlanTextWindows(PixelSize photo, int max_side) {
  if (photo.height <= int64_t{photo.width} * kTall) {
    return {{.top = 0, .height = photo.height, .core_top = 0, .core_bottom = photo.height}};
  }
  const int wanted = std::max({photo.width, std::min(2 * photo.width, max_side), std::min(kLeastHeight, max_side)});
  const int height = std::min(wanted, photo.height);
  const int shared = height / kSharedPart;
  std::vector<TextWindow> windows;
  for (int top = 0;; top += height - shared) {
    // The last window moves up, so that all have one shape: some devices prepare themselves for each.
    const bool is_last = top + height >= photo.height;
    const int from = is_last ? photo.height - height : top;
    windows.push_back({.top = from,
                       .height = height,
                       .core_top = windows.empty() ? 0 : windows.back().core_bottom,
                       .core_bottom = is_last ? photo.height : from + height - shared / 2});
    if (is_last) {
      return windows;
    }
  }
}

bool IsNewLine(const Quad& line, const TextWindow& window, std::span<const Quad> known) {
  const Box box = BoundsOf(line);
  const float centre = box.y + box.height / 2;
  // The two windows may see the line a few pixels apart.
  const float slack = static_cast<float>(window.height) / (4 * kSharedPart);
  if (centre < static_cast<float>(window.core_top) - slack || centre > static_cast<float>(window.core_bottom) + slack) {
    return false;
  }
  return std::ranges::none_of(known, [&box](const Quad& other) { return AreSame(box, BoundsOf(other)); });
}

Box BoundsOf(const Quad& quad) {
  const auto [left, right] = std::ranges::minmax(quad, {}, &Point::x);
  const auto [top, bottom] = std::ranges::minmax(quad, {}, &Point::y);
  return {.x = left.x, .y = top.y, .width = right.x - left.x, .height = bottom.y - top.y};
}

}  // namespace calotype
