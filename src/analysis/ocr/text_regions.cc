#include "analysis/ocr/text_regions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <polyclipping/clipper.hpp>

namespace calotype {
namespace {

// All from RapidOCR 3.10, ch_ppocr_det/utils.py and main.py.
constexpr std::size_t kMaxRegions = 1000;  // max_candidates
constexpr float kMinMapSide = 3;           // min_size: of a region in the map, before it is enlarged
constexpr float kMinGrownMapSide = 5;      // min_size + 2
constexpr int kMinSide = 3;                // of a region in the picture must be longer than this
constexpr float kSameLineTolerance = 10;   // _BOX_SORT_Y_THRESHOLD, in pixels of the picture

float Distance(const Point& a, const Point& b) { return std::hypot(a.x - b.x, a.y - b.y); }

// Orders the corners clockwise from the top left: the two leftmost and the two rightmost corners, each pair by height.
// Like RapidOCR's order_points_clockwise; its get_mini_boxes differs only where two corners of a pair are equal.
Quad OrderCorners(Quad corners) {
  std::ranges::stable_sort(corners, {}, &Point::x);
  if (corners[0].y > corners[1].y) {
    std::swap(corners[0], corners[1]);
  }
  if (corners[2].y > corners[3].y) {
    std::swap(corners[2], corners[3]);
  }
  return {corners[0], corners[2], corners[3], corners[1]};
}

struct MiniBox {
  Quad corners;
  float short_side = 0;
};

MiniBox MiniBoxOf(const cv::RotatedRect& box) {
  std::array<cv::Point2f, 4> corners;
  box.points(corners.data());
  Quad quad;
  std::ranges::transform(corners, quad.begin(), [](const cv::Point2f& p) { return Point{p.x, p.y}; });
  return {OrderCorners(quad), std::min(box.size.width, box.size.height)};
}

MiniBox SmallestBoxAround(const cv::Mat& points) { return MiniBoxOf(cv::minAreaRect(points)); }

// The mean probability inside `quad`; 0 when it lies outside the map.
double MeanInside(const cv::Mat& probabilities, const Quad& quad) {
  const auto [left, right] = std::ranges::minmax(quad, {}, &Point::x);
  const auto [top, bottom] = std::ranges::minmax(quad, {}, &Point::y);
  const auto inside = [](float value, int size) { return std::clamp(static_cast<int>(value), 0, size - 1); };
  const cv::Point first(inside(std::floor(left.x), probabilities.cols), inside(std::floor(top.y), probabilities.rows));
  const cv::Point last(inside(std::ceil(right.x), probabilities.cols), inside(std::ceil(bottom.y), probabilities.rows));
  std::vector<cv::Point> polygon;
  std::ranges::transform(quad, std::back_inserter(polygon), [&first](const Point& p) {
    return cv::Point(static_cast<int>(p.x - static_cast<float>(first.x)),
                     static_cast<int>(p.y - static_cast<float>(first.y)));
  });
  const cv::Rect area(first, last + cv::Point(1, 1));
  cv::Mat mask = cv::Mat::zeros(area.size(), CV_8U);
  cv::fillPoly(mask, std::vector<std::vector<cv::Point>>{polygon}, 1);
  return cv::mean(probabilities(area), mask)[0];
}

// Maps `corners` from pixels of the map to whole pixels of the picture, clipped. Returns nullopt when too little is
// left.
std::optional<Quad> ToPicture(const Quad& corners, PixelSize map, PixelSize picture) {
  const auto scaled = [](float value, int from, int to) {
    const float moved = std::nearbyint(value / static_cast<float>(from) * static_cast<float>(to));
    return std::clamp(moved, 0.0F, static_cast<float>(to));
  };
  Quad quad;
  std::ranges::transform(corners, quad.begin(), [&](const Point& p) {
    return Point{scaled(p.x, map.width, picture.width), scaled(p.y, map.height, picture.height)};
  });
  quad = OrderCorners(quad);
  for (Point& corner : quad) {
    corner.x = std::min(corner.x, static_cast<float>(picture.width - 1));
    corner.y = std::min(corner.y, static_cast<float>(picture.height - 1));
  }
  const bool enough = static_cast<int>(Distance(quad[0], quad[1])) > kMinSide &&
                      static_cast<int>(Distance(quad[0], quad[3])) > kMinSide;
  return enough ? std::optional(quad) : std::nullopt;
}

// `box` with every side moved outwards by its area x `ratio` / its perimeter.
MiniBox Grown(cv::RotatedRect box, double ratio) {
  const auto& [width, height] = box.size;
  const auto growth = static_cast<float>(width * height * ratio / (width + height));
  box.size = {width + growth, height + growth};
  return MiniBoxOf(box);
}

// The same with Unclip(); nullopt when nothing is left.
std::optional<MiniBox> GrownInWholePixels(const Quad& corners, double ratio) {
  std::vector<cv::Point2f> grown;
  std::ranges::transform(Unclip(corners, ratio), std::back_inserter(grown),
                         [](const Point& p) { return cv::Point2f(p.x, p.y); });
  return grown.empty() ? std::nullopt : std::optional(SmallestBoxAround(cv::Mat(grown)));
}

std::optional<TextRegion> RegionOf(const std::vector<cv::Point>& contour, const cv::Mat& probabilities,
                                   PixelSize picture, const RegionOptions& options) {
  const cv::RotatedRect rectangle = cv::minAreaRect(cv::Mat(contour));
  const MiniBox core = MiniBoxOf(rectangle);
  if (core.short_side < kMinMapSide) {
    return std::nullopt;
  }
  const double score = MeanInside(probabilities, core.corners);
  if (!(score >= options.box_threshold)) {  // also for NaN
    return std::nullopt;
  }
  const std::optional<MiniBox> box = options.exact_growth ? Grown(rectangle, options.unclip_ratio)
                                                          : GrownInWholePixels(core.corners, options.unclip_ratio);
  if (!box || box->short_side < kMinGrownMapSide) {
    return std::nullopt;
  }
  const std::optional<Quad> quad = ToPicture(box->corners, {probabilities.cols, probabilities.rows}, picture);
  return quad ? std::optional(TextRegion{*quad, static_cast<float>(score)}) : std::nullopt;
}

std::vector<TextRegion> Find(const cv::Mat& probabilities, PixelSize picture, const RegionOptions& options) {
  cv::Mat text = probabilities > options.threshold;
  if (options.dilation) {
    cv::dilate(text, text, cv::Mat::ones(2, 2, CV_8U));
  }
  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(text, contours, cv::RETR_LIST, cv::CHAIN_APPROX_SIMPLE);
  contours.resize(std::min(contours.size(), kMaxRegions));
  std::vector<TextRegion> regions;
  for (const std::vector<cv::Point>& contour : contours) {
    if (const std::optional<TextRegion> region = RegionOf(contour, probabilities, picture, options)) {
      regions.push_back(*region);
    }
  }
  return regions;
}

}  // namespace

StatusOr<std::vector<TextRegion>> FindTextRegions(std::span<const float> probabilities, PixelSize map,
                                                  PixelSize picture, const RegionOptions& options) {
  const bool fits = map.width > 0 && map.height > 0 && picture.width > 0 && picture.height > 0 &&
                    probabilities.size() == static_cast<std::size_t>(map.width) * static_cast<std::size_t>(map.height);
  if (!fits) {
    return absl::InvalidArgumentError(fmt::format("{} probabilities do not fit a map of {}x{} for a picture of {}x{}",
                                                  probabilities.size(), map.width, map.height, picture.width,
                                                  picture.height));
  }
  try {
    // OpenCV has no read-only matrix. Nothing writes to this one.
    return Find(cv::Mat(map.height, map.width, CV_32F, const_cast<float*>(probabilities.data())), picture, options);
  } catch (const std::exception& error) {  // cv::Exception and ClipperLib::clipperException
    return absl::InternalError(fmt::format("text regions: {}", error.what()));
  }
}

std::vector<Point> Unclip(const Quad& quad, double ratio) {
  double twice_area = 0;
  double perimeter = 0;
  ClipperLib::Path path;
  for (std::size_t i = 0; i < quad.size(); ++i) {
    const Point& a = quad[i];
    const Point& b = quad[(i + 1) % quad.size()];
    twice_area += static_cast<double>(a.x) * b.y - static_cast<double>(b.x) * a.y;
    perimeter += std::hypot(double{a.x} - b.x, double{a.y} - b.y);
    path.emplace_back(static_cast<ClipperLib::cInt>(a.x), static_cast<ClipperLib::cInt>(a.y));
  }
  if (perimeter <= 0) {
    return {};
  }
  ClipperLib::ClipperOffset offset;
  offset.AddPath(path, ClipperLib::jtRound, ClipperLib::etClosedPolygon);
  ClipperLib::Paths grown;
  offset.Execute(grown, std::abs(twice_area) / 2 * ratio / perimeter);
  std::vector<Point> points;
  for (const ClipperLib::Path& part : grown) {
    for (const ClipperLib::IntPoint& p : part) {
      points.push_back({static_cast<float>(p.X), static_cast<float>(p.Y)});
    }
  }
  return points;
}

void SortInReadingOrder(std::vector<TextRegion>& regions) {
  std::ranges::stable_sort(regions, {}, [](const TextRegion& region) { return region.quad[0].y; });
  for (auto line = regions.begin(); line != regions.end();) {
    const auto next_line = std::ranges::adjacent_find(line, regions.end(), [](const auto& above, const auto& below) {
      return below.quad[0].y - above.quad[0].y >= kSameLineTolerance;
    });
    const auto end = next_line == regions.end() ? next_line : std::next(next_line);
    std::stable_sort(line, end, [](const auto& a, const auto& b) { return a.quad[0].x < b.quad[0].x; });
    line = end;
  }
}

}  // namespace calotype
