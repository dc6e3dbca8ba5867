#include "analysis/image_ops.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/core.hpp>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgproc.hpp>
#include <utility>
#include <vector>

#include "analysis/area_resize.h"
#include "analysis/image_kernels.h"
#include "photo/thumb_hash.h"

namespace calotype {
namespace {

// The caller already runs one thread per photo; OpenCV's own threads would multiply with them.
void KeepOpenCvSingleThreaded() {
  static const bool kDone = (cv::setNumThreads(1), true);
  static_cast<void>(kDone);
}

// An OpenCV header for the pixels of `image`, without a copy. OpenCV has no read-only view, so callers must not write
// through it.
cv::Mat View(const Image& image) {
  KeepOpenCvSingleThreaded();
  return {image.height(), image.width(), CV_8UC3, const_cast<uint8_t*>(image.pixels().data()), image.stride()};
}

// Scales all of `source` into all of `target`, in place.
void ResizeInto(const cv::Mat& source, cv::Mat target) {
  const cv::Size size = target.size();
  const bool shrinks = size.width <= source.cols && size.height <= source.rows;
  const bool enlarges = size.width >= source.cols && size.height >= source.rows;
  if (size == source.size()) {
    source.copyTo(target);
  } else if (AveragesDown(source.cols, source.rows, size.width, size.height)) {
    AverageDown({.data = source.data, .stride = source.step, .width = source.cols, .height = source.rows},
                {.data = target.data, .stride = target.step, .width = size.width, .height = size.height});
  } else if (shrinks || enlarges) {
    cv::resize(source, target, size, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  } else {
    // One side shrinks, the other grows: INTER_AREA would not average then, so each side gets its own pass.
    cv::Mat narrow;
    cv::resize(source, narrow, {std::min(size.width, source.cols), std::min(size.height, source.rows)}, 0, 0,
               cv::INTER_AREA);
    cv::resize(narrow, target, size, 0, 0, cv::INTER_LINEAR);
  }
}

Image Black(int width, int height) {
  Image image(width, height);
  std::ranges::fill(image.pixels(), uint8_t{0});
  return image;
}

// How to normalise the channels R, G and B, and their indices in the model's channel order.
struct ChannelScales {
  std::array<ChannelScale, 3> scales;
  std::array<std::size_t, 3> planes;
};

ChannelScales MakeScales(const Normalisation& normalisation) {
  ChannelScales made;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const std::size_t plane = normalisation.bgr ? 2 - channel : channel;
    made.planes[channel] = plane;
    made.scales[channel] = MakeChannelScale(normalisation.mean[plane], normalisation.std[plane]);
  }
  return made;
}

// The source positions of each output position, computed in float from pixel centres like OpenCV's INTER_LINEAR.
std::vector<BlendTap> PlanBlend(int from, int to) {
  const double scale = 1 / (static_cast<double>(to) / from);
  std::vector<BlendTap> taps;
  for (int i = 0; i < to; ++i) {
    const auto middle = static_cast<float>((i + 0.5) * scale - 0.5);
    const float left = std::floor(middle);
    BlendTap tap{.left = static_cast<int>(left), .right = static_cast<int>(left) + 1, .fraction = middle - left};
    if (tap.left < 0 || tap.right >= from) {
      tap.left = tap.right = std::clamp(tap.left, 0, from - 1);
      tap.fraction = 0;
    }
    taps.push_back(tap);
  }
  return taps;
}

// The pixels of `image` that a width x height output reaches through `inverse` (output to image), with a margin for
// interpolation. Empty when there are none.
cv::Rect Reached(const Image& image, const Similarity& inverse, int width, int height) {
  const float right = static_cast<float>(width);
  const float bottom = static_cast<float>(height);
  std::array<Point, 4> corners{Apply(inverse, {0, 0}), Apply(inverse, {right, 0}), Apply(inverse, {0, bottom}),
                               Apply(inverse, {right, bottom})};
  const auto [left_most, right_most] = std::ranges::minmax(corners, {}, &Point::x);
  const auto [top_most, bottom_most] = std::ranges::minmax(corners, {}, &Point::y);
  constexpr float kMargin = 2;
  // Clamp before the cast: an extreme transform would overflow an int.
  const auto clamped = [](float value, int limit) {
    return static_cast<int>(std::clamp(value, 0.0F, static_cast<float>(limit)));
  };
  const int x0 = clamped(std::floor(left_most.x - kMargin), image.width());
  const int y0 = clamped(std::floor(top_most.y - kMargin), image.height());
  const int x1 = clamped(std::ceil(right_most.x + kMargin), image.width());
  const int y1 = clamped(std::ceil(bottom_most.y + kMargin), image.height());
  return {x0, y0, std::max(0, x1 - x0), std::max(0, y1 - y0)};
}

bool IsInvertible(const Similarity& transform) {
  const float size = transform.a * transform.a + transform.b * transform.b;
  return std::isfinite(size) && std::isfinite(transform.tx) && std::isfinite(transform.ty) && size > 1e-12F;
}

}  // namespace

Image Resize(const Image& image, int width, int height) {
  if (image.empty() || width <= 0 || height <= 0) {
    return {};
  }
  Image resized(width, height);
  ResizeInto(View(image), View(resized));
  return resized;
}

std::vector<uint8_t> ThumbHashOf(const Image& image) {
  const int long_side = std::max(image.width(), image.height());
  if (long_side <= kThumbHashSide) {
    return ThumbHash(image);
  }
  const auto scaled = [long_side](int side) {
    return std::max(1, static_cast<int>(std::lround(static_cast<double>(side) * kThumbHashSide / long_side)));
  };
  return ThumbHash(Resize(image, scaled(image.width()), scaled(image.height())));
}

Image ResizeBilinear(const Image& image, int width, int height) {
  if (image.empty() || width <= 0 || height <= 0) {
    return {};
  }
  Image resized(width, height);
  cv::Mat target = View(resized);
  cv::resize(View(image), target, target.size(), 0, 0, cv::INTER_LINEAR);
  return resized;
}

Tensor ResizeToTensor(const Image& image, int width, int height, const Normalisation& normalisation) {
  Tensor tensor(ElementType::kFloat32, {1, 3, height, width});
  const std::vector<BlendTap> across = PlanBlend(image.width(), width);
  const std::vector<BlendTap> down = PlanBlend(image.height(), height);
  const std::size_t plane_size = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  std::array<float*, 3> planes;
  std::array<float, 3> scale;
  std::array<float, 3> offset;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const std::size_t plane = normalisation.bgr ? 2 - channel : channel;
    planes[channel] = tensor.data<float>().data() + plane * plane_size;
    const double std = normalisation.std[plane];
    scale[channel] = static_cast<float>(1 / std);
    offset[channel] = static_cast<float>(-normalisation.mean[plane] / std);
  }
  for (const BlendTap& tap : down) {
    ImageKernelsInUse().blend(
        {.top = image.row(tap.left), .bottom = image.row(tap.right), .fraction = tap.fraction, .bytes = image.stride()},
        across, scale, offset, planes.data());
    std::ranges::for_each(planes, [width](float*& plane) { plane += width; });
  }
  return tensor;
}

Image Crop(const Image& image, int x, int y, int width, int height) {
  const cv::Rect part =
      cv::Rect(x, y, std::max(0, width), std::max(0, height)) & cv::Rect(0, 0, image.width(), image.height());
  if (part.empty()) {
    return {};
  }
  Image crop(part.width, part.height);
  for (int row = 0; row < part.height; ++row) {
    std::memcpy(crop.row(row), image.row(part.y + row) + static_cast<std::size_t>(part.x) * Image::kChannels,
                crop.stride());
  }
  return crop;
}

void Paste(const Image& part, int x, int y, Image& image) {
  for (int row = 0; row < part.height(); ++row) {
    std::memcpy(image.row(y + row) + static_cast<std::size_t>(x) * Image::kChannels, part.row(row), part.stride());
  }
}

Letterboxed Letterbox(const Image& image, int size) {
  if (image.empty() || size <= 0) {
    return {};
  }
  const float scale = static_cast<float>(size) / static_cast<float>(std::max(image.width(), image.height()));
  const auto scaled = [&](int side) {
    return std::clamp(static_cast<int>(std::lround(static_cast<float>(side) * scale)), 1, size);
  };
  Letterboxed boxed{.image = Black(size, size), .scale = scale};
  ResizeInto(View(image), View(boxed.image)(cv::Rect(0, 0, scaled(image.width()), scaled(image.height()))));
  return boxed;
}

Letterboxed LetterboxBilinear(const Image& image, int width, int height) {
  if (image.empty() || width <= 0 || height <= 0) {
    return {};
  }
  const double ratio = static_cast<double>(image.height()) / image.width();
  const bool tall = ratio > static_cast<double>(height) / width;
  const int fitted_width = std::max(1, tall ? static_cast<int>(height / ratio) : width);
  const int fitted_height = std::max(1, tall ? height : static_cast<int>(width * ratio));
  Letterboxed boxed{.image = Black(width, height),
                    .scale = static_cast<float>(fitted_height) / static_cast<float>(image.height())};
  cv::Mat target = View(boxed.image)(cv::Rect(0, 0, fitted_width, fitted_height));
  cv::resize(View(image), target, target.size(), 0, 0, cv::INTER_LINEAR);
  return boxed;
}

void WriteToTensor(std::span<const Image> images, const Normalisation& normalisation, Tensor& tensor) {
  const ChannelScales scales = MakeScales(normalisation);
  const auto row_length = static_cast<std::size_t>(tensor.dim(3));
  const std::size_t plane_size = static_cast<std::size_t>(tensor.dim(2)) * row_length;
  float* first = tensor.data<float>().data();
  for (const Image& image : images) {
    const auto columns = static_cast<std::size_t>(image.width());
    // When rows follow each other without gaps, treat them all as one row.
    const bool whole = columns == row_length;
    const std::size_t below = plane_size - static_cast<std::size_t>(image.height()) * row_length;
    const int rows = whole ? 1 : image.height();
    const std::size_t length = whole ? columns * static_cast<std::size_t>(image.height()) : columns;
    std::array<float*, 3> planes;
    for (std::size_t channel = 0; channel < 3; ++channel) {
      planes[channel] = first + scales.planes[channel] * plane_size;
    }
    for (int y = 0; y < rows; ++y) {
      ImageKernelsInUse().normalise(image.row(y), length, scales.scales.data(), planes.data());
      for (float*& plane : planes) {
        std::fill(plane + length, plane + std::max(length, row_length), 0.0F);
        plane += whole ? length : row_length;
      }
    }
    for (float* const plane : planes) {
      std::fill_n(plane, below, 0.0F);
    }
    first += 3 * plane_size;
  }
  std::fill(first, tensor.data<float>().data() + tensor.elements(), 0.0F);
}

Tensor ToTensor(std::span<const Image> images, const Normalisation& normalisation) {
  const int64_t width = images.empty() ? 0 : images[0].width();
  const int64_t height = images.empty() ? 0 : images[0].height();
  Tensor tensor(ElementType::kFloat32, {static_cast<int64_t>(images.size()), 3, height, width});
  WriteToTensor(images, normalisation, tensor);
  return tensor;
}

Point Apply(const Similarity& transform, const Point& point) {
  return {transform.a * point.x - transform.b * point.y + transform.tx,
          transform.b * point.x + transform.a * point.y + transform.ty};
}

Similarity Inverse(const Similarity& transform) {
  const float size = transform.a * transform.a + transform.b * transform.b;
  Similarity inverse{.a = transform.a / size, .b = -transform.b / size};
  const Point origin = Apply(inverse, {transform.tx, transform.ty});
  inverse.tx = -origin.x;
  inverse.ty = -origin.y;
  return inverse;
}

Similarity FitSimilarity(std::span<const Point> from, std::span<const Point> to) {
  const std::size_t count = std::min(from.size(), to.size());
  if (count == 0) {
    return {};
  }
  const auto mean = [count](std::span<const Point> points) {
    cv::Point2d sum(0, 0);
    for (const Point& point : points.first(count)) {
      sum += cv::Point2d(point.x, point.y);
    }
    return sum / static_cast<double>(count);
  };
  const cv::Point2d from_mean = mean(from);
  const cv::Point2d to_mean = mean(to);
  double dot = 0;
  double cross = 0;
  double spread = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const cv::Point2d p = cv::Point2d(from[i].x, from[i].y) - from_mean;
    const cv::Point2d q = cv::Point2d(to[i].x, to[i].y) - to_mean;
    dot += p.dot(q);
    cross += p.cross(q);
    spread += p.dot(p);
  }
  const double a = spread > 0 ? dot / spread : 1;
  const double b = spread > 0 ? cross / spread : 0;
  return {.a = static_cast<float>(a),
          .b = static_cast<float>(b),
          .tx = static_cast<float>(to_mean.x - a * from_mean.x + b * from_mean.y),
          .ty = static_cast<float>(to_mean.y - b * from_mean.x - a * from_mean.y)};
}

Image WarpSimilarity(const Image& image, const Similarity& transform, int width, int height) {
  if (width <= 0 || height <= 0) {
    return {};
  }
  Image warped = Black(width, height);
  if (image.empty() || !IsInvertible(transform)) {
    return warped;
  }
  const cv::Rect part = Reached(image, Inverse(transform), width, height);
  if (part.empty()) {
    return warped;
  }
  cv::Mat source = View(image)(part);
  const float scale = std::hypot(transform.a, transform.b);
  if (scale < 0.5F) {
    // Bilinear sampling reads four pixels; below half size it would skip some. So average the part down first, to
    // between one and two times its size in the output.
    const int divisor = static_cast<int>(std::min(1 / scale, 4096.0F));
    cv::Mat small(std::max(1, part.height / divisor), std::max(1, part.width / divisor), CV_8UC3);
    ResizeInto(source, small);
    source = std::move(small);
  }
  // Maps pixel centres of `source` to pixels of `image`, then to the output, then to the output's pixel centres.
  const double sx = static_cast<double>(part.width) / source.cols;
  const double sy = static_cast<double>(part.height) / source.rows;
  const double x0 = part.x + 0.5 * sx;
  const double y0 = part.y + 0.5 * sy;
  const double a = transform.a;
  const double b = transform.b;
  const cv::Matx23d matrix(a * sx, -b * sy, a * x0 - b * y0 + transform.tx - 0.5,  //
                           b * sx, a * sy, b * x0 + a * y0 + transform.ty - 0.5);
  cv::Mat target = View(warped);
  cv::warpAffine(source, target, matrix, target.size(), cv::INTER_LINEAR, cv::BORDER_CONSTANT);
  return warped;
}

Image WarpBilinear(const Image& image, const Similarity& transform, int width, int height) {
  if (width <= 0 || height <= 0) {
    return {};
  }
  Image warped = Black(width, height);
  if (image.empty() || !IsInvertible(transform)) {
    return warped;
  }
  const double a = transform.a;
  const double b = transform.b;
  const cv::Matx23d matrix(a, -b, 0.5 * (a - b) + transform.tx - 0.5,  //
                           b, a, 0.5 * (b + a) + transform.ty - 0.5);
  cv::Mat target = View(warped);
  cv::warpAffine(View(image), target, matrix, target.size(), cv::INTER_LINEAR, cv::BORDER_CONSTANT);
  return warped;
}

}  // namespace calotype
