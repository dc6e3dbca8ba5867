#include "analysis/draw.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "base/unicode.h"
#include "photo/text_image.h"

namespace calotype {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
// Of OpenCV's font at scale 1, in pixels: a capital, and the letters' size as DrawText() counts it.
constexpr double kHersheyCapital = 22;
constexpr double kHersheySize = 30;

// An OpenCV header for the pixels of `image`, without a copy; drawing changes the image.
cv::Mat View(Image& image) { return {image.height(), image.width(), CV_8UC3, image.pixels().data(), image.stride()}; }

cv::Scalar ToScalar(const Colour& colour) {
  return {static_cast<double>(colour.red), static_cast<double>(colour.green), static_cast<double>(colour.blue)};
}

// 1 at 600 pixels, 3 at 2048.
int LineWidth(const Image& image) {
  return std::max(1, static_cast<int>(std::lround(std::max(image.width(), image.height()) / 700.0)));
}

cv::Point ToPixel(const Point& point) {
  return {static_cast<int>(std::lround(point.x)), static_cast<int>(std::lround(point.y))};
}

// Hershey fonts have only ASCII. A multi-byte character becomes one "?".
std::string ToAscii(std::string_view text) {
  std::string ascii;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      ascii += c;
    } else if ((byte & 0xC0) != 0x80) {
      ascii += '?';
    }
  }
  return ascii;
}

TextImage DrawWithHershey(std::string_view text, int size) {
  const std::string ascii = ToAscii(text);
  const double scale = size / kHersheySize;
  const int thickness = std::max(1, size / 15);
  int baseline = 0;
  const cv::Size extent = cv::getTextSize(ascii, kFont, scale, thickness, &baseline);
  TextImage drawn{.width = extent.width,
                  .height = extent.height + baseline + thickness,
                  .left = 0,
                  .top = static_cast<int>(size - kHersheyCapital * scale),
                  .coverage = {}};
  drawn.coverage.resize(static_cast<std::size_t>(drawn.width) * static_cast<std::size_t>(drawn.height));
  cv::Mat view(drawn.height, drawn.width, CV_8UC1, drawn.coverage.data());
  cv::putText(view, ascii, {0, extent.height}, kFont, scale, cv::Scalar(255), thickness, cv::LINE_AA);
  return drawn;
}

TextImage Drawn(std::string_view text, int size) {
  StatusOr<TextImage> drawn = DrawText(text, size);
  return drawn.ok() ? *std::move(drawn) : DrawWithHershey(text, size);
}

// Puts the letters on the image; what is outside of it is left out.
void Blend(cv::Mat& view, const TextImage& text, cv::Point corner, const cv::Scalar& colour) {
  const cv::Rect all(corner.x + text.left, corner.y + text.top, text.width, text.height);
  const cv::Rect visible = all & cv::Rect(0, 0, view.cols, view.rows);
  for (int y = visible.y; y < visible.y + visible.height; ++y) {
    const auto row = static_cast<std::size_t>(y - all.y) * static_cast<std::size_t>(text.width);
    for (int x = visible.x; x < visible.x + visible.width; ++x) {
      const double covered = text.coverage[row + static_cast<std::size_t>(x - all.x)] / 255.0;
      auto& pixel = view.at<cv::Vec3b>(y, x);
      for (int channel = 0; channel < 3; ++channel) {
        pixel[channel] = cv::saturate_cast<uint8_t>(pixel[channel] + covered * (colour[channel] - pixel[channel]));
      }
    }
  }
}

int WidthOf(const TextImage& text) { return text.left + text.width; }

// `text`, or as much of its beginning as fits, with "…"; nothing where not even that fits.
TextImage DrawnToFit(std::string_view text, int size, int width) {
  TextImage drawn = Drawn(text, size);
  while (WidthOf(drawn) > width && !text.empty()) {
    // By the ratio of the widths, but at least one character.
    const std::size_t keep = text.size() * static_cast<std::size_t>(width) / static_cast<std::size_t>(WidthOf(drawn));
    text = text.substr(0, std::min(keep, text.size() - 1));
    const std::string shorter = DropInvalidUtf8(text, text.size());
    drawn = Drawn(shorter + "…", size);
  }
  return WidthOf(drawn) <= width ? drawn : TextImage();
}

}  // namespace

void DrawPolygon(Image& image, std::span<const Point> points, const Colour& colour) {
  if (points.empty() || image.empty()) {
    return;
  }
  cv::Mat view = View(image);
  std::vector<cv::Point> corners;
  for (const Point& point : points) {
    corners.push_back(ToPixel(point));
  }
  cv::polylines(view, corners, true, ToScalar(colour), LineWidth(image), cv::LINE_AA);
}

int LetterSize(const Image& image) { return std::max(11, std::max(image.width(), image.height()) / 55); }

int CaptionHeight(int size) { return size + size / 3; }

void DrawCaption(Image& image, const Point& at, const Colour& colour, std::string_view caption, int size) {
  if (caption.empty() || image.empty()) {
    return;
  }
  cv::Mat view = View(image);
  const TextImage text = Drawn(caption, size);
  const int margin = size / 6;
  const cv::Size box(WidthOf(text) + 2 * margin, CaptionHeight(size));
  cv::Point corner = ToPixel(at);
  corner.x = std::clamp(corner.x, 0, std::max(0, view.cols - box.width));
  corner.y = std::clamp(corner.y - box.height, 0, std::max(0, view.rows - box.height));
  const cv::Scalar background = ToScalar(colour);
  cv::rectangle(view, cv::Rect(corner, box), background, cv::FILLED);
  const bool dark = 0.299 * background[0] + 0.587 * background[1] + 0.114 * background[2] < 140;
  Blend(view, text, corner + cv::Point(margin, 0), dark ? cv::Scalar::all(255) : cv::Scalar::all(0));
}

void DrawLabel(Image& image, const Box& box, const Colour& colour, std::string_view text, int size) {
  if (image.empty()) {
    return;
  }
  cv::Mat view = View(image);
  const TextImage drawn = DrawnToFit(text, size, static_cast<int>(box.width));
  const cv::Point corner = ToPixel({box.x + (box.width - static_cast<float>(WidthOf(drawn))) / 2,
                                    box.y + (box.height - static_cast<float>(CaptionHeight(size))) / 2});
  Blend(view, drawn, corner, ToScalar(colour));
}

void DrawDot(Image& image, const Point& at, const Colour& colour) {
  cv::Mat view = View(image);
  cv::circle(view, ToPixel(at), LineWidth(image) + 1, ToScalar(colour), cv::FILLED, cv::LINE_AA);
}

}  // namespace calotype
