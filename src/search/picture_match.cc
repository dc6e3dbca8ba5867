#include "search/picture_match.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "analysis/image_ops.h"
#include "photo/orient.h"

namespace calotype {
namespace {

constexpr int kUsualSide = 512;
constexpr int kLeastShortSide = 24;
// Below this long side, a line of text is about as high as the blur is wide, and the blur would hide it.
constexpr int kSmallSide = 320;
// Mean squared differences of brightness, on a scale of 0 to 255. What a block may differ is a share of the variance of
// the whole picture, so that pale documents are compared as strictly as dark ones.
constexpr double kShareOfVariance = 0.06;
constexpr double kLeastDifference = 16;
constexpr double kMostDifference = 100;

// Square blocks, in pixels, which overlap by half. A block differs if its difference is above `factor` times what is
// allowed and above `unexplained` times its content. Small blocks notice a small date in a corner; large ones notice
// weak differences.
struct BlockRule {
  int side;
  double factor;
  double unexplained;
};
constexpr BlockRule kRules[] = {{.side = 16, .factor = 1, .unexplained = 0.3},
                                {.side = 8, .factor = 2.5, .unexplained = 0.6}};
constexpr int kColourBlock = 8;

// Distances of colours in the plane of Cb and Cr.
constexpr float kNoColour = 6;
constexpr float kColour = 12;
constexpr float kColourTolerance = 12;
constexpr float kColourToleranceShare = 0.2F;
constexpr float kLeastSaturation = 0.6F;
constexpr float kMostSaturation = 1.6F;

struct Plane {
  Plane(int width_in, int height_in)
      : width(width_in),
        height(height_in),
        values(static_cast<std::size_t>(width) * static_cast<std::size_t>(height)) {}

  float& At(int x, int y) { return values[Index(x, y)]; }
  float At(int x, int y) const { return values[Index(x, y)]; }
  std::size_t Index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x);
  }

  int width;
  int height;
  std::vector<float> values;
};

struct Planes {
  Plane luma;
  Plane blue;  // Cb and Cr, around 0
  Plane red;
};

Planes PlanesOf(const Image& image) {
  Planes planes{.luma = Plane(image.width(), image.height()),
                .blue = Plane(image.width(), image.height()),
                .red = Plane(image.width(), image.height())};
  const uint8_t* pixel = image.pixels().data();
  for (std::size_t i = 0; i < planes.luma.values.size(); ++i, pixel += Image::kChannels) {
    const float luma = 0.299F * pixel[0] + 0.587F * pixel[1] + 0.114F * pixel[2];
    planes.luma.values[i] = luma;
    planes.blue.values[i] = 0.564F * (static_cast<float>(pixel[2]) - luma);
    planes.red.values[i] = 0.713F * (static_cast<float>(pixel[0]) - luma);
  }
  return planes;
}

// Means over all blocks of a plane, from one table of sums.
class BlockMeans {
 public:
  template <typename Value>
  BlockMeans(int width, int height, Value value)
      : width_(width),
        height_(height),
        sums_(static_cast<std::size_t>(width + 1) * static_cast<std::size_t>(height + 1)) {
    for (int y = 0; y < height; ++y) {
      double row = 0;
      for (int x = 0; x < width; ++x) {
        row += value(x, y);
        sums_[Index(x + 1, y + 1)] = sums_[Index(x + 1, y)] + row;
      }
    }
  }

  // Of the block whose top left pixel is (x, y). A block that is larger than the plane is cut.
  double At(int x, int y, int side) const {
    const int right = std::min(x + side, width_);
    const int bottom = std::min(y + side, height_);
    return (sums_[Index(right, bottom)] - sums_[Index(x, bottom)] - sums_[Index(right, y)] + sums_[Index(x, y)]) /
           ((right - x) * (bottom - y));
  }

 private:
  std::size_t Index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width_ + 1) + static_cast<std::size_t>(x);
  }

  int width_;
  int height_;
  std::vector<double> sums_;
};

BlockMeans MeansOf(const Plane& plane) {
  return {plane.width, plane.height, [&](int x, int y) { return double{plane.At(x, y)}; }};
}

BlockMeans MeanSquaresOf(const Plane& plane) {
  return {plane.width, plane.height, [&](int x, int y) { return double{plane.At(x, y)} * plane.At(x, y); }};
}

// Calls `visit` for the top left pixel of each block until it returns false. The last blocks touch the edge.
template <typename Visit>
void ForEachBlock(int width, int height, int side, Visit visit) {
  const int step = side / 2;
  const int last_x = std::max(width - side, 0);
  const int last_y = std::max(height - side, 0);
  for (int y = 0;; y = std::min(y + step, last_y)) {
    for (int x = 0;; x = std::min(x + step, last_x)) {
      if (!visit(x, y)) {
        return;
      }
      if (x == last_x) {
        break;
      }
    }
    if (y == last_y) {
      return;
    }
  }
}

double VarianceOf(const Plane& plane) {
  double sum = 0;
  double squares = 0;
  for (const float value : plane.values) {
    sum += value;
    squares += double{value} * value;
  }
  const auto count = static_cast<double>(plane.values.size());
  return squares / count - (sum / count) * (sum / count);
}

// The curve, never falling, that maps values of the keeper to those of the copy, both 0 to 255: the mean over the
// pixels of each of 32 levels. Beyond the levels that occur it continues with a slope of 1.
class ToneCurve {
 public:
  template <typename Values>
  ToneCurve(const Values& keeper, const Values& copy) {
    constexpr std::size_t kFewPixels = 8;  // too few for a mean
    struct Level {
      double from = 0;
      double to = 0;
      std::size_t count = 0;
    };
    std::array<Level, 32> levels;
    for (std::size_t i = 0; i < keeper.size(); ++i) {
      Level& level = levels[std::clamp<std::size_t>(static_cast<std::size_t>(keeper[i] / 8), 0, 31)];
      level.from += keeper[i];
      level.to += copy[i];
      ++level.count;
    }
    for (const Level& level : levels) {
      if (level.count >= kFewPixels) {
        const auto count = static_cast<double>(level.count);
        const double to = level.to / count;
        points_.emplace_back(level.from / count, points_.empty() ? to : std::max(to, points_.back().second));
      }
    }
  }

  float At(float value) const {
    if (points_.empty()) {
      return value;
    }
    const auto above = std::ranges::upper_bound(points_, double{value}, {}, &std::pair<double, double>::first);
    if (above == points_.begin() || above == points_.end()) {
      const auto& end = above == points_.begin() ? points_.front() : points_.back();
      return static_cast<float>(value + end.second - end.first);
    }
    const auto& low = *(above - 1);
    const double share = (value - low.first) / (above->first - low.first);
    return static_cast<float>(low.second + share * (above->second - low.second));
  }

 private:
  std::vector<std::pair<double, double>> points_;  // brightness of the keeper and of the copy
};

// Removes what resampling and compression change from one pixel to the next.
Plane Blurred(const Plane& plane) {
  Plane blurred(plane.width, plane.height);
  for (int y = 0; y < plane.height; ++y) {
    for (int x = 0; x < plane.width; ++x) {
      float sum = 0;
      for (int dy = -1; dy <= 1; ++dy) {
        for (int dx = -1; dx <= 1; ++dx) {
          sum += plane.At(std::clamp(x + dx, 0, plane.width - 1), std::clamp(y + dy, 0, plane.height - 1));
        }
      }
      blurred.At(x, y) = sum / 9;
    }
  }
  return blurred;
}

// True if the brightness of `copy` follows from that of `keeper` everywhere. What the keeper shows in addition does not
// matter.
bool BrightnessFollows(const Plane& keeper, const Plane& copy) {
  const ToneCurve curve(keeper.values, copy.values);
  Plane expected(keeper.width, keeper.height);
  std::ranges::transform(keeper.values, expected.values.begin(), [&](float value) { return curve.At(value); });
  Plane rest(keeper.width, keeper.height);
  std::ranges::transform(copy.values, expected.values, rest.values.begin(), std::minus<>());
  const bool is_small = std::max(keeper.width, keeper.height) < kSmallSide;
  const BlockMeans difference = MeanSquaresOf(is_small ? rest : Blurred(rest));
  const BlockMeans expected_means = MeansOf(expected);
  const BlockMeans expected_squares = MeanSquaresOf(expected);
  const BlockMeans copy_means = MeansOf(copy);
  const BlockMeans copy_squares = MeanSquaresOf(copy);
  const double allowed =
      std::clamp(kShareOfVariance * std::min(VarianceOf(keeper), VarianceOf(copy)), kLeastDifference, kMostDifference);
  bool follows = true;
  const auto variance = [](const BlockMeans& squares, const BlockMeans& means, int x, int y, int side) {
    const double mean = means.At(x, y, side);
    return squares.At(x, y, side) - mean * mean;
  };
  for (const BlockRule& rule : kRules) {
    ForEachBlock(keeper.width, keeper.height, rule.side, [&](int x, int y) {
      const double found = difference.At(x, y, rule.side);
      if (found > rule.factor * allowed) {
        const double content = variance(expected_squares, expected_means, x, y, rule.side) +
                               variance(copy_squares, copy_means, x, y, rule.side);
        follows = follows && found <= rule.unexplained * (content + 0.6 * allowed);
      }
      return follows;
    });
  }
  return follows;
}

struct BlockColour {
  float blue = 0;
  float red = 0;
  float strength() const { return std::hypot(blue, red); }
};

std::vector<BlockColour> ColoursOf(const Planes& planes) {
  const BlockMeans blue = MeansOf(planes.blue);
  const BlockMeans red = MeansOf(planes.red);
  std::vector<BlockColour> colours;
  ForEachBlock(planes.luma.width, planes.luma.height, kColourBlock, [&](int x, int y) {
    colours.push_back({.blue = static_cast<float>(blue.At(x, y, kColourBlock)),
                       .red = static_cast<float>(red.At(x, y, kColourBlock))});
    return true;
  });
  return colours;
}

float StrongestOf(const std::vector<BlockColour>& colours) {
  float strongest = 0;
  for (const BlockColour& colour : colours) {
    strongest = std::max(strongest, colour.strength());
  }
  return strongest;
}

// True if the colours agree in every block, for one saturation of the whole picture.
bool ColoursAgree(const std::vector<BlockColour>& keeper, const std::vector<BlockColour>& copy) {
  float product = 0;
  float square = 1e-6F;
  for (std::size_t i = 0; i < keeper.size(); ++i) {
    product += keeper[i].blue * copy[i].blue + keeper[i].red * copy[i].red;
    square += keeper[i].blue * keeper[i].blue + keeper[i].red * keeper[i].red;
  }
  const float saturation = std::clamp(product / square, kLeastSaturation, kMostSaturation);
  for (std::size_t i = 0; i < keeper.size(); ++i) {
    const float distance =
        std::hypot(copy[i].blue - saturation * keeper[i].blue, copy[i].red - saturation * keeper[i].red);
    const float strength = std::max(saturation * keeper[i].strength(), copy[i].strength());
    if (distance > kColourTolerance + kColourToleranceShare * strength) {
      return false;
    }
  }
  return true;
}

PictureMatch ComparePlanes(const Planes& keeper, const Planes& copy) {
  if (!BrightnessFollows(keeper.luma, copy.luma)) {
    return {};
  }
  const std::vector<BlockColour> keeper_colours = ColoursOf(keeper);
  const std::vector<BlockColour> copy_colours = ColoursOf(copy);
  if (StrongestOf(copy_colours) < kNoColour && StrongestOf(keeper_colours) > kColour) {
    return {.is_copy = true, .lost_colour = true};
  }
  return {.is_copy = ColoursAgree(keeper_colours, copy_colours), .lost_colour = false};
}

// `keeper` with one curve for its three channels that comes nearest to `copy`. Programs that make a picture brighter
// cut each channel at 255, so that neither brightness nor colour of the copy follow from that of the keeper alone.
Image WithTonesOf(const Image& copy, const Image& keeper) {
  const ToneCurve curve(keeper.pixels(), copy.pixels());
  std::array<uint8_t, 256> toned;
  for (std::size_t value = 0; value < toned.size(); ++value) {
    toned[value] = static_cast<uint8_t>(std::clamp(std::lround(curve.At(static_cast<float>(value))), 0L, 255L));
  }
  Image image = keeper.Clone();
  std::ranges::transform(image.pixels(), image.pixels().begin(), [&](uint8_t value) { return toned[value]; });
  return image;
}

// The EXIF orientation whose correction turns a picture by `turn`.
int OrientationOf(PdqTurn turn) {
  constexpr std::array kOrientations = {1, 2, 4, 3, 5, 6, 8, 7};
  return kOrientations[static_cast<std::size_t>(turn)];
}

// True if the sides have one ratio, apart from the rounding to whole pixels.
bool SameProportions(double width, double height, const Picture& copy) {
  const double expected = width * copy.height / height;
  return std::abs(expected - copy.width) <= std::max(1.5, 0.01 * copy.width);
}

}  // namespace

Picture MakePicture(Image decoded, int width, int height, int pages, int side) {
  const int decoded_side = std::max(decoded.width(), decoded.height());
  if (decoded_side > side) {
    const double scale = static_cast<double>(side) / decoded_side;
    decoded = Resize(decoded, std::max(1, static_cast<int>(std::lround(decoded.width() * scale))),
                     std::max(1, static_cast<int>(std::lround(decoded.height() * scale))));
  }
  Picture picture{.image = std::move(decoded), .width = width, .height = height, .pages = pages, .is_grey = false};
  picture.is_grey = StrongestOf(ColoursOf(PlanesOf(picture.image))) < kNoColour;
  return picture;
}

PictureMatch MatchPictures(const Picture& keeper, PdqTurn turn, const Picture& copy, bool fine) {
  const int orientation = OrientationOf(turn);
  const bool swaps = SwapsAxes(orientation);
  if (!SameProportions(swaps ? keeper.height : keeper.width, swaps ? keeper.width : keeper.height, copy)) {
    return {};
  }
  const Image turned = Upright(keeper.image.Clone(), orientation);
  const Image& smaller = turned.width() < copy.image.width() ? turned : copy.image;
  const double scale =
      std::min(1.0, (fine ? 1.0 * kPictureSide : kUsualSide) / std::max(smaller.width(), smaller.height()));
  const int width = static_cast<int>(std::lround(smaller.width() * scale));
  const int height = static_cast<int>(std::lround(smaller.height() * scale));
  if (std::min(width, height) < kLeastShortSide) {
    return {};
  }
  return CompareAligned(Resize(turned, width, height), Resize(copy.image, width, height));
}

PictureMatch CompareAligned(const Image& keeper, const Image& copy) {
  const Planes planes = PlanesOf(copy);
  const PictureMatch match = ComparePlanes(PlanesOf(keeper), planes);
  return match.is_copy ? match : ComparePlanes(PlanesOf(WithTonesOf(copy, keeper)), planes);
}

}  // namespace calotype
