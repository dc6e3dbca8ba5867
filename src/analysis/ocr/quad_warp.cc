#include "analysis/ocr/quad_warp.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>

namespace calotype {
namespace {

// Maps a rectangle to a quadrilateral: x' = (a x + b y + c) / (g x + h y + 1), y' = (d x + e y + f) / (g x + h y + 1).
struct Projection {
  double a = 1, b = 0, c = 0;
  double d = 0, e = 1, f = 0;
  double g = 0, h = 0;
};

// After Heckbert 1989, "Fundamentals of Texture Mapping and Image Warping", 2.2.3, with the unit square scaled.
Projection FromRectangle(int width, int height, const Quad& quad) {
  const auto& [p0, p1, p2, p3] = quad;
  const double dx1 = double{p1.x} - p2.x;
  const double dx2 = double{p3.x} - p2.x;
  const double dx3 = double{p0.x} - p1.x + p2.x - p3.x;
  const double dy1 = double{p1.y} - p2.y;
  const double dy2 = double{p3.y} - p2.y;
  const double dy3 = double{p0.y} - p1.y + p2.y - p3.y;
  const double area = dx1 * dy2 - dx2 * dy1;
  const double g = area != 0 ? (dx3 * dy2 - dx2 * dy3) / area : 0;
  const double h = area != 0 ? (dx1 * dy3 - dx3 * dy1) / area : 0;
  return {.a = (double{p1.x} - p0.x + g * p1.x) / width,
          .b = (double{p3.x} - p0.x + h * p3.x) / height,
          .c = p0.x,
          .d = (double{p1.y} - p0.y + g * p1.y) / width,
          .e = (double{p3.y} - p0.y + h * p3.y) / height,
          .f = p0.y,
          .g = g / width,
          .h = h / height};
}

// The four pixels around a position along one axis, and their weights.
struct Taps {
  std::array<int, 4> index;
  std::array<float, 4> weight;
};

Taps TapsAt(double place, int size, float a) {
  // More than two pixels outside, every tap is the edge pixel. The clamp keeps an infinite position finite; NaN becomes
  // 0.
  const auto inside = static_cast<float>(place >= -3 ? std::min(place, size + 3.0) : (place < -3 ? -3.0 : 0.0));
  const float whole = std::floor(inside);
  const float x = inside - whole;
  const float left = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a;
  const float near = ((a + 2) * x - (a + 3)) * x * x + 1;
  const float next = ((a + 2) * (1 - x) - (a + 3)) * (1 - x) * (1 - x) + 1;
  const int first = static_cast<int>(whole) - 1;
  Taps taps{.index = {}, .weight = {left, near, next, 1 - left - near - next}};
  for (int i = 0; i < 4; ++i) {
    taps.index[static_cast<std::size_t>(i)] = std::clamp(first + i, 0, size - 1);
  }
  return taps;
}

void Draw(const Image& photo, const Taps& across, const Taps& down, bool rounds, uint8_t* pixel) {
  std::array<float, Image::kChannels> sum{};
  for (std::size_t j = 0; j < 4; ++j) {
    const uint8_t* const row = photo.row(down.index[j]);
    std::array<float, Image::kChannels> along{};
    for (std::size_t i = 0; i < 4; ++i) {
      const uint8_t* const source = row + std::ptrdiff_t{Image::kChannels} * across.index[i];
      for (std::size_t channel = 0; channel < along.size(); ++channel) {
        along[channel] += static_cast<float>(source[channel]) * across.weight[i];
      }
    }
    for (std::size_t channel = 0; channel < sum.size(); ++channel) {
      sum[channel] += along[channel] * down.weight[j];
    }
  }
  for (std::size_t channel = 0; channel < sum.size(); ++channel) {
    const float inside = std::clamp(sum[channel], 0.0F, 255.0F);
    pixel[channel] = static_cast<uint8_t>(rounds ? std::lrint(inside) : static_cast<long>(inside));
  }
}

bool IsInside(const Image& photo, double x, double y) {
  return x >= 0 && y >= 0 && x < photo.width() && y < photo.height();
}

// Whether the pixels of `quad` are exactly pixels of `photo`, as for most text, which is horizontal.
bool IsPlainCut(const Image& photo, const Quad& quad, int width, int height) {
  const auto& [p0, p1, p2, p3] = quad;
  const auto right = static_cast<float>(width);
  const auto below = static_cast<float>(height);
  const bool level = p0.y == p1.y && p2.y == p3.y && p0.x == p3.x && p1.x == p2.x && p1.x - p0.x == right &&
                     p3.y - p0.y == below && std::floor(p0.x) == p0.x && std::floor(p0.y) == p0.y;
  return level && p0.x >= 0 && p0.y >= 0 && p1.x <= static_cast<float>(photo.width()) &&
         p3.y <= static_cast<float>(photo.height());
}

}  // namespace

Image WarpQuad(const Image& photo, const Quad& quad, int width, int height, WarpStyle style) {
  if (photo.empty() || width <= 0 || height <= 0) {
    return {};
  }
  Image flat(width, height);
  if (IsPlainCut(photo, quad, width, height)) {
    const auto left = static_cast<std::ptrdiff_t>(quad[0].x) * Image::kChannels;
    for (int y = 0; y < height; ++y) {
      std::memcpy(flat.row(y), photo.row(static_cast<int>(quad[0].y) + y) + left, flat.stride());
    }
    return flat;
  }
  const Projection to_photo = FromRectangle(width, height, quad);
  const bool is_pillow = style == WarpStyle::kPillow;
  const double centre = is_pillow ? 0.5 : 0;  // of a pixel
  const float a = is_pillow ? -1.0F : -0.75F;
  for (int row = 0; row < height; ++row) {
    uint8_t* pixel = flat.row(row);
    for (int column = 0; column < width; ++column, pixel += Image::kChannels) {
      const double x = column + centre;
      const double y = row + centre;
      const double depth = to_photo.g * x + to_photo.h * y + 1;
      const double place_x = (to_photo.a * x + to_photo.b * y + to_photo.c) / depth;
      const double place_y = (to_photo.d * x + to_photo.e * y + to_photo.f) / depth;
      if (is_pillow && !IsInside(photo, place_x, place_y)) {
        std::fill_n(pixel, Image::kChannels, uint8_t{0});
        continue;
      }
      Draw(photo, TapsAt(place_x - centre, photo.width(), a), TapsAt(place_y - centre, photo.height(), a), !is_pillow,
           pixel);
    }
  }
  return flat;
}

}  // namespace calotype
