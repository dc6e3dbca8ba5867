#include "analysis/draw.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

namespace calotype {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;

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

void DrawCaption(cv::Mat& view, cv::Point at, const cv::Scalar& colour, const std::string& text, int line_width) {
  // Letters are about 1/40 of the long side, so that they stay readable in thumbnails.
  const double scale = std::max(0.3, std::max(view.cols, view.rows) / 1600.0);
  int baseline = 0;
  const cv::Size size = cv::getTextSize(text, kFont, scale, line_width, &baseline);
  at.x = std::clamp(at.x, 0, std::max(0, view.cols - size.width - 2));
  at.y = std::clamp(at.y, size.height + baseline + 2, view.rows);
  cv::rectangle(view, {at.x, at.y - size.height - baseline - 2}, {at.x + size.width + 2, at.y}, colour, cv::FILLED);
  const bool dark = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] < 140;
  cv::putText(view, text, {at.x + 1, at.y - baseline}, kFont, scale, dark ? cv::Scalar::all(255) : cv::Scalar::all(0),
              line_width, cv::LINE_AA);
}

}  // namespace

void DrawPolygon(Image& image, std::span<const Point> points, const Colour& colour, std::string_view caption) {
  if (points.empty() || image.empty()) {
    return;
  }
  cv::Mat view = View(image);
  std::vector<cv::Point> corners;
  for (const Point& point : points) {
    corners.push_back(ToPixel(point));
  }
  const int line_width = LineWidth(image);
  cv::polylines(view, corners, true, ToScalar(colour), line_width, cv::LINE_AA);
  if (!caption.empty()) {
    DrawCaption(view, corners.front(), ToScalar(colour), ToAscii(caption), line_width);
  }
}

void DrawDot(Image& image, const Point& at, const Colour& colour) {
  cv::Mat view = View(image);
  cv::circle(view, ToPixel(at), LineWidth(image) + 1, ToScalar(colour), cv::FILLED, cv::LINE_AA);
}

}  // namespace calotype
