// Draws findings into an image, for `show --render` and contact sheets.
#pragma once

#include <span>
#include <string_view>

#include "base/geometry.h"
#include "photo/image.h"

namespace calotype {

struct Colour {
  int red = 0;
  int green = 0;
  int blue = 0;
};

// Draws the outline of the closed polygon `points` (pixels of `image`). The line width grows with the image.
void DrawPolygon(Image& image, std::span<const Point> points, const Colour& colour);

// The size in pixels of letters that stay readable when the image is seen as a whole.
int LetterSize(const Image& image);

// Draws one line of UTF-8 text in black or white (whichever is readable) on a rectangle of `colour`, whose lower left
// corner is `at`; the rectangle is moved as far as needed for all of it to be in the image. Letters have `size` pixels.
// Every script is drawn for which the machine has a font; where libvips cannot draw text, every character that is not
// ASCII becomes "?".
void DrawCaption(Image& image, const Point& at, const Colour& colour, std::string_view caption, int size);
// The height of a caption in pixels.
int CaptionHeight(int size);

// Draws one line of UTF-8 text in `colour`, without a background, in the middle of `box`, with letters of `size`
// pixels. A text that is too wide ends in "…"; if not even that fits, nothing is drawn.
void DrawLabel(Image& image, const Box& box, const Colour& colour, std::string_view text, int size);

// Draws a filled dot.
void DrawDot(Image& image, const Point& at, const Colour& colour);

}  // namespace calotype
