#include "photo/orient.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace calotype {
namespace {

// The new position of a stored pixel: swap x and y first, then mirror. From tag 0x0112 of the EXIF specification.
struct Turn {
  bool swap;
  bool mirror_x;
  bool mirror_y;
};

constexpr std::array<Turn, 9> kTurns = {{
    {false, false, false},  // 0: not a value of EXIF
    {false, false, false},  // 1: row 0 is the top, column 0 the left side
    {false, true, false},   // 2: top, right
    {false, true, true},    // 3: bottom, right
    {false, false, true},   // 4: bottom, left
    {true, false, false},   // 5: left, top
    {true, true, false},    // 6: right, top
    {true, true, true},     // 7: right, bottom
    {true, false, true},    // 8: left, bottom
}};

// Pixels are moved in square tiles, because a rotated row is written down a column, and whole columns exceed the cache.
constexpr int kTile = 32;

void MoveTile(const Image& from, Image& to, Turn turn, int left, int top) {
  const int right = std::min(left + kTile, from.width());
  const int bottom = std::min(top + kTile, from.height());
  // From the place of a pixel in `to` to that of its right neighbour.
  const auto across = turn.swap ? static_cast<std::ptrdiff_t>(to.stride()) : std::ptrdiff_t{Image::kChannels};
  const bool backwards = turn.swap ? turn.mirror_y : turn.mirror_x;
  const std::ptrdiff_t step = backwards ? -across : across;
  for (int y = top; y < bottom; ++y) {
    const int to_x = turn.swap ? y : left;
    const int to_y = turn.swap ? left : y;
    const int column = turn.mirror_x ? to.width() - 1 - to_x : to_x;
    const int row = turn.mirror_y ? to.height() - 1 - to_y : to_y;
    uint8_t* target = to.row(row) + static_cast<std::size_t>(column) * Image::kChannels;
    const uint8_t* source = from.row(y) + static_cast<std::size_t>(left) * Image::kChannels;
    for (int x = left; x < right; ++x, source += Image::kChannels, target += step) {
      std::memcpy(target, source, Image::kChannels);
    }
  }
}

Turn TurnOf(int orientation) { return orientation < 1 || orientation > 8 ? kTurns[1] : kTurns[orientation]; }

Box SwapAxes(const Box& box) { return {.x = box.y, .y = box.x, .width = box.height, .height = box.width}; }

// For a box in fractions of width and height.
Box Mirror(Box box, Turn turn) {
  if (turn.mirror_x) {
    box.x = 1 - box.x - box.width;
  }
  if (turn.mirror_y) {
    box.y = 1 - box.y - box.height;
  }
  return box;
}

}  // namespace

bool SwapsAxes(int orientation) { return TurnOf(orientation).swap; }

Image Upright(Image stored, int orientation) {
  const Turn turn = TurnOf(orientation);
  if (!turn.swap && !turn.mirror_x && !turn.mirror_y) {
    return stored;
  }
  Image upright = turn.swap ? Image(stored.height(), stored.width()) : Image(stored.width(), stored.height());
  for (int top = 0; top < stored.height(); top += kTile) {
    for (int left = 0; left < stored.width(); left += kTile) {
      MoveTile(stored, upright, turn, left, top);
    }
  }
  return upright;
}

Box UprightPart(Box stored, int orientation) {
  const Turn turn = TurnOf(orientation);
  return Mirror(turn.swap ? SwapAxes(stored) : stored, turn);
}

Box StoredPart(Box upright, int orientation) {
  const Turn turn = TurnOf(orientation);
  const Box mirrored = Mirror(upright, turn);
  return turn.swap ? SwapAxes(mirrored) : mirrored;
}

}  // namespace calotype
