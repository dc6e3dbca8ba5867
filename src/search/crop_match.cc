#include "search/crop_match.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include "analysis/image_ops.h"

namespace calotype {
namespace {

constexpr int kThumbnailSide = 64;
constexpr int kLeastTemplateSide = 10;
constexpr double kScaleStep = 0.96;
constexpr double kLikely = 0.6;  // correlation of thumbnails: they are blurred and up to a pixel off
constexpr std::size_t kMostPlaces = 3;
// Long sides at which a crop is aligned: each finds the place to less than a pixel of the next. Most places of
// FindCrop() are wrong; the correlation that each level demands ends them early.
struct Level {
  int side;
  double least_correlation;
};
constexpr double kAligned = 0.9;
constexpr std::array kLevels = {Level{48, 0.75}, Level{96, 0.85}, Level{192, kAligned}};
constexpr int kCheckedSide = 512;
constexpr int kLeastCheckedSide = 48;  // of the short side; less shows too little
constexpr int kMostWholeSide = 4096;
constexpr double kLeastScale = 0.9;  // pixels of the whole picture for each pixel of the crop

struct Grey {
  Grey(int width_in, int height_in)
      : width(width_in),
        height(height_in),
        values(static_cast<std::size_t>(width) * static_cast<std::size_t>(height)) {}

  float At(int x, int y) const {
    return values[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
  }
  // Between the pixels; (0, 0) is the centre of the first one. Outside, the edge continues.
  float Between(double x, double y) const {
    x = std::clamp(x, 0.0, width - 1.0);
    y = std::clamp(y, 0.0, height - 1.0);
    const int left = static_cast<int>(x);
    const int top = static_cast<int>(y);
    const int right = std::min(left + 1, width - 1);
    const int bottom = std::min(top + 1, height - 1);
    const auto along = static_cast<float>(x - left);
    const auto down = static_cast<float>(y - top);
    const float above = At(left, top) + along * (At(right, top) - At(left, top));
    const float below = At(left, bottom) + along * (At(right, bottom) - At(left, bottom));
    return above + down * (below - above);
  }

  int width;
  int height;
  std::vector<float> values;
};

Grey GreyOf(const Image& image) {
  Grey grey(image.width(), image.height());
  const uint8_t* pixel = image.pixels().data();
  for (float& value : grey.values) {
    value = 0.299F * pixel[0] + 0.587F * pixel[1] + 0.114F * pixel[2];
    pixel += Image::kChannels;
  }
  return grey;
}

Grey GreyOf(const Thumbnail& thumbnail) {
  Grey grey(thumbnail.width, thumbnail.height);
  std::ranges::copy(thumbnail.pixels, grey.values.begin());
  return grey;
}

// How much of each old pixel is in each new one, along one side that shrinks from `from` to `to` pixels.
std::vector<std::vector<std::pair<int, float>>> Weights(int from, int to) {
  const double ratio = static_cast<double>(from) / to;
  std::vector<std::vector<std::pair<int, float>>> weights(static_cast<std::size_t>(to));
  for (int i = 0; i < to; ++i) {
    const double begin = i * ratio;
    const double end = begin + ratio;
    for (int j = static_cast<int>(begin); j < std::min(from, static_cast<int>(std::ceil(end))); ++j) {
      const double share = (std::min(end, j + 1.0) - std::max(begin, j * 1.0)) / ratio;
      weights[static_cast<std::size_t>(i)].emplace_back(j, static_cast<float>(share));
    }
  }
  return weights;
}

Grey Shrunk(const Grey& grey, int width, int height) {
  const auto across = Weights(grey.width, width);
  const auto down = Weights(grey.height, height);
  Grey shrunk(width, height);
  std::size_t at = 0;
  for (const auto& rows : down) {
    for (const auto& columns : across) {
      float sum = 0;
      for (const auto& [y, share] : rows) {
        for (const auto& [x, part] : columns) {
          sum += share * part * grey.At(x, y);
        }
      }
      shrunk.values[at++] = sum;
    }
  }
  return shrunk;
}

// Subtracts the mean; returns the sum of the squares that remain.
double Centre(std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) {
    sum += value;
  }
  const auto mean = static_cast<float>(sum / static_cast<double>(values.size()));
  double squares = 0;
  for (float& value : values) {
    value -= mean;
    squares += double{value} * value;
  }
  return squares;
}

struct Place {
  double correlation = 0;
  PicturePart part;
};

// Sums over all rectangles of a picture, from one table.
class Sums {
 public:
  template <typename Value>
  Sums(const Grey& grey, Value value)
      : stride_(static_cast<std::size_t>(grey.width) + 1),
        sums_(stride_ * (static_cast<std::size_t>(grey.height) + 1)) {
    for (int y = 0; y < grey.height; ++y) {
      double row = 0;
      for (int x = 0; x < grey.width; ++x) {
        row += value(double{grey.At(x, y)});
        sums_[Index(x + 1, y + 1)] = sums_[Index(x + 1, y)] + row;
      }
    }
  }
  double Of(int x, int y, int width, int height) const {
    return sums_[Index(x + width, y + height)] - sums_[Index(x, y + height)] - sums_[Index(x + width, y)] +
           sums_[Index(x, y)];
  }

 private:
  std::size_t Index(int x, int y) const { return static_cast<std::size_t>(y) * stride_ + static_cast<std::size_t>(x); }

  std::size_t stride_;
  std::vector<double> sums_;
};

// The place with the highest correlation of a template with the same size everywhere in a picture.
class TemplateSearch {
 public:
  explicit TemplateSearch(const Grey& whole)
      : whole_(whole), sums_(whole, [](double v) { return v; }), squares_(whole, [](double v) { return v * v; }) {}

  Place Best(Grey wanted) const {
    const double wanted_squares = Centre(wanted.values);
    const int count = wanted.width * wanted.height;
    Place best;
    for (int y = 0; y + wanted.height <= whole_.height; ++y) {
      for (int x = 0; x + wanted.width <= whole_.width; ++x) {
        const double sum = sums_.Of(x, y, wanted.width, wanted.height);
        const double squares = squares_.Of(x, y, wanted.width, wanted.height) - sum * sum / count;
        if (squares * wanted_squares <= 1e-3) {
          continue;
        }
        const double correlation = ProductAt(wanted, x, y) / std::sqrt(squares * wanted_squares);
        if (correlation > best.correlation) {
          best = {.correlation = correlation,
                  .part = {.x = static_cast<double>(x) / whole_.width,
                           .y = static_cast<double>(y) / whole_.height,
                           .width = static_cast<double>(wanted.width) / whole_.width,
                           .height = static_cast<double>(wanted.height) / whole_.height}};
        }
      }
    }
    return best;
  }

 private:
  double ProductAt(const Grey& wanted, int left, int top) const {
    double product = 0;
    for (int y = 0; y < wanted.height; ++y) {
      const float* a = wanted.values.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(wanted.width);
      const float* b = whole_.values.data() +
                       static_cast<std::size_t>(top + y) * static_cast<std::size_t>(whole_.width) +
                       static_cast<std::size_t>(left);
      float row = 0;
      for (int x = 0; x < wanted.width; ++x) {
        row += a[x] * b[x];
      }
      product += row;
    }
    return product;
  }

  const Grey& whole_;
  Sums sums_;
  Sums squares_;
};

// The place of a crop in a level of the whole picture, in pixels of that level: its centre and sides. The brightness of
// the crop is `gain` times that of the whole picture, plus `offset`.
struct Alignment {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
  double gain = 1;
  double offset = 0;
};

constexpr std::size_t kUnknowns = 6;
using Vector = std::array<double, kUnknowns>;

// Solves the normal equations by elimination; a singular system gives zeros.
Vector Solve(std::array<Vector, kUnknowns> matrix, Vector right) {
  for (std::size_t i = 0; i < kUnknowns; ++i) {
    matrix[i][i] += 1e-6 * matrix[i][i] + 1e-9;
  }
  for (std::size_t i = 0; i < kUnknowns; ++i) {
    for (std::size_t j = i + 1; j < kUnknowns; ++j) {
      const double factor = matrix[j][i] / matrix[i][i];
      for (std::size_t k = i; k < kUnknowns; ++k) {
        matrix[j][k] -= factor * matrix[i][k];
      }
      right[j] -= factor * right[i];
    }
  }
  for (std::size_t i = kUnknowns; i-- > 0;) {
    for (std::size_t j = i + 1; j < kUnknowns; ++j) {
      right[i] -= matrix[i][j] * right[j];
    }
    right[i] /= matrix[i][i];
  }
  return right;
}

// Where pixel (x, y) of a crop with these sides is in the whole picture.
struct Spot {
  double along;  // -0.5 to 0.5
  double down;
  double x;
  double y;
};
Spot SpotOf(const Alignment& at, const Grey& crop, int x, int y) {
  const double along = (x + 0.5) / crop.width - 0.5;
  const double down = (y + 0.5) / crop.height - 0.5;
  return {.along = along, .down = down, .x = at.x + along * at.width - 0.5, .y = at.y + down * at.height - 0.5};
}

// One step of Gauss and Newton. Returns by how many pixels the place changed.
double Improve(const Grey& whole, const Grey& crop, Alignment& at) {
  std::array<Vector, kUnknowns> matrix{};
  Vector right{};
  for (int y = 0; y < crop.height; ++y) {
    for (int x = 0; x < crop.width; ++x) {
      const Spot spot = SpotOf(at, crop, x, y);
      const double value = whole.Between(spot.x, spot.y);
      const double dx = at.gain * 0.5 * (whole.Between(spot.x + 1, spot.y) - whole.Between(spot.x - 1, spot.y));
      const double dy = at.gain * 0.5 * (whole.Between(spot.x, spot.y + 1) - whole.Between(spot.x, spot.y - 1));
      const Vector slope = {dx, dx * spot.along, dy, dy * spot.down, value, 1};
      const double rest = crop.At(x, y) - at.gain * value - at.offset;
      for (std::size_t i = 0; i < kUnknowns; ++i) {
        right[i] += slope[i] * rest;
        for (std::size_t j = i; j < kUnknowns; ++j) {
          matrix[i][j] += slope[i] * slope[j];
        }
      }
    }
  }
  for (std::size_t i = 0; i < kUnknowns; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      matrix[i][j] = matrix[j][i];
    }
  }
  const Vector change = Solve(matrix, right);
  at.x += change[0];
  at.width += change[1];
  at.y += change[2];
  at.height += change[3];
  at.gain += change[4];
  at.offset += change[5];
  return std::max({std::abs(change[0]), std::abs(change[1]), std::abs(change[2]), std::abs(change[3])});
}

double CorrelationAt(const Grey& whole, const Grey& crop, const Alignment& at) {
  std::vector<float> wanted = crop.values;
  std::vector<float> found;
  found.reserve(wanted.size());
  for (int y = 0; y < crop.height; ++y) {
    for (int x = 0; x < crop.width; ++x) {
      const Spot spot = SpotOf(at, crop, x, y);
      found.push_back(whole.Between(spot.x, spot.y));
    }
  }
  const double squares = Centre(wanted) * Centre(found);
  double product = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    product += double{wanted[i]} * found[i];
  }
  return squares <= 1e-3 ? 0 : product / std::sqrt(squares);
}

int Rounded(double value) { return std::max(1, static_cast<int>(std::lround(value))); }

// Aligns the crop, shrunk to width x height, with the whole picture at the same scale.
CropMatch AlignAt(const Image& whole, const Image& crop, const PicturePart& near, int width, int height) {
  const Grey small = GreyOf(Resize(crop, width, height));
  const Grey large = GreyOf(Resize(whole, std::min(whole.width(), Rounded(width / near.width)),
                                   std::min(whole.height(), Rounded(height / near.height))));
  Alignment at{.x = (near.x + near.width / 2) * large.width,
               .y = (near.y + near.height / 2) * large.height,
               .width = near.width * large.width,
               .height = near.height * large.height};
  const int most_steps = std::max(width, height) > kLevels.back().side ? 4 : 10;  // large ones start near their place
  constexpr double kStill = 0.02;                                                 // pixels
  for (int step = 0; step < most_steps && Improve(large, small, at) > kStill; ++step) {
    // A place that is not near the first one is not its place.
    if (!(std::abs(at.width / large.width - near.width) < near.width / 4 && at.width > 1 && at.height > 1)) {
      return {};
    }
  }
  return {.part = {.x = (at.x - at.width / 2) / large.width,
                   .y = (at.y - at.height / 2) / large.height,
                   .width = at.width / large.width,
                   .height = at.height / large.height},
          .correlation = CorrelationAt(large, small, at)};
}

// Whether the part lies in the whole picture and is shown there without distortion and with enough pixels.
bool Fits(const Picture& whole, const Picture& crop, const PicturePart& part) {
  constexpr double kSlack = 0.01;
  const double across = part.width * whole.width / crop.width;
  const double down = part.height * whole.height / crop.height;
  const double rounding = 3.0 / std::min(crop.width, crop.height);
  return part.x > -kSlack && part.y > -kSlack && part.x + part.width < 1 + kSlack &&
         part.y + part.height < 1 + kSlack && part.Area() >= kSmallestCrop && part.Area() <= kLargestCrop &&
         std::abs(across / down - 1) < 0.01 + rounding && std::min(across, down) >= kLeastScale;
}

// The sides at which a crop is compared.
std::pair<int, int> CheckedSize(const Picture& whole, const Picture& crop, const PicturePart& part, bool fine) {
  const double most = fine ? kPictureSide : kCheckedSide;
  const double available = std::min(1.0, part.width * whole.image.width() / crop.image.width());
  const double scale = std::min(available, most / std::max(crop.image.width(), crop.image.height()));
  return {Rounded(crop.image.width() * scale), Rounded(crop.image.height() * scale)};
}

// The part of `whole` as a picture of width x height. Samples twice as densely where there are so many pixels, so that
// none is skipped.
Image CutOut(const Image& whole, const PicturePart& part, int width, int height) {
  const bool dense = part.width * whole.width() >= 1.5 * width;
  const int wide = dense ? 2 * width : width;
  const int high = dense ? 2 * height : height;
  const bool shrinks = part.width * whole.width() > 2 * wide;
  const Image shrunk = shrinks ? Resize(whole, Rounded(wide / part.width), Rounded(high / part.height)) : Image();
  const Image& source = shrinks ? shrunk : whole;
  Image cut(wide, high);
  for (int y = 0; y < high; ++y) {
    const double from_y = (part.y + part.height * (y + 0.5) / high) * source.height() - 0.5;
    const double clamped_y = std::clamp(from_y, 0.0, source.height() - 1.0);
    const int top = static_cast<int>(clamped_y);
    const uint8_t* above = source.row(top);
    const uint8_t* below = source.row(std::min(top + 1, source.height() - 1));
    const double down = clamped_y - top;
    uint8_t* to = cut.row(y);
    for (int x = 0; x < wide; ++x) {
      const double from_x =
          std::clamp((part.x + part.width * (x + 0.5) / wide) * source.width() - 0.5, 0.0, source.width() - 1.0);
      const int left = static_cast<int>(from_x);
      const double along = from_x - left;
      const int a = left * Image::kChannels;
      const int b = std::min(left + 1, source.width() - 1) * Image::kChannels;
      for (int c = 0; c < Image::kChannels; ++c) {
        const double upper = above[a + c] + along * (above[b + c] - above[a + c]);
        const double lower = below[a + c] + along * (below[b + c] - below[a + c]);
        *to++ = static_cast<uint8_t>(std::lround(upper + down * (lower - upper)));
      }
    }
  }
  return dense ? Resize(cut, width, height) : std::move(cut);
}

}  // namespace

Thumbnail MakeThumbnail(const Picture& picture) {
  const double scale =
      std::min(1.0, static_cast<double>(kThumbnailSide) / std::max(picture.image.width(), picture.image.height()));
  const Grey grey =
      GreyOf(Resize(picture.image, Rounded(picture.image.width() * scale), Rounded(picture.image.height() * scale)));
  Thumbnail thumbnail{.width = grey.width, .height = grey.height, .pixels = {}};
  for (const float value : grey.values) {
    thumbnail.pixels.push_back(static_cast<uint8_t>(std::lround(value)));
  }
  return thumbnail;
}

std::vector<PicturePart> FindCrop(const Thumbnail& whole, const Thumbnail& crop) {
  const Grey large = GreyOf(whole);
  const Grey small = GreyOf(crop);
  const TemplateSearch search(large);
  std::vector<Place> places;
  const double most =
      std::min({static_cast<double>(large.width) / small.width, static_cast<double>(large.height) / small.height, 1.0});
  int last_width = 0;
  for (int step = 0;; ++step) {
    const double scale = most * std::pow(kScaleStep, step);
    const int width = Rounded(small.width * scale);
    const int height = Rounded(small.height * scale);
    if (width * height < kSmallestCrop * large.width * large.height || std::min(width, height) < kLeastTemplateSide) {
      break;
    }
    if (width != last_width) {
      places.push_back(search.Best(Shrunk(small, width, height)));
    }
    last_width = width;
  }
  std::ranges::stable_sort(places, std::ranges::greater(), &Place::correlation);
  std::vector<PicturePart> likely;
  for (const Place& place : places) {
    const bool is_other = std::ranges::all_of(likely, [&](const PicturePart& part) {
      return std::abs(part.x - place.part.x) > 0.05 || std::abs(part.y - place.part.y) > 0.05 ||
             std::abs(part.width - place.part.width) > 0.1 * part.width;
    });
    if (place.correlation >= kLikely && is_other && likely.size() < kMostPlaces) {
      likely.push_back(place.part);
    }
  }
  return likely;
}

std::optional<CropMatch> AlignCrop(const Picture& whole, const Picture& crop, const PicturePart& near) {
  CropMatch match{.part = near};
  for (const auto& [side, least_correlation] : kLevels) {
    const double scale = std::min(1.0, static_cast<double>(side) / std::max(crop.image.width(), crop.image.height()));
    match = AlignAt(whole.image, crop.image, match.part, Rounded(crop.image.width() * scale),
                    Rounded(crop.image.height() * scale));
    if (match.correlation < least_correlation) {
      return std::nullopt;
    }
  }
  return Fits(whole, crop, match.part) ? std::optional(match) : std::nullopt;
}

int SideToCheck(const Picture& whole, const Picture& crop, const PicturePart& part, bool fine) {
  const double most = fine ? kPictureSide : kCheckedSide;
  const double scale = std::min(1.0, most / std::max(crop.image.width(), crop.image.height()));
  // Twice as dense as the crop, see CutOut().
  const double width = 2 * scale * crop.image.width() / part.width;
  const int side = std::max(whole.width, whole.height);
  return std::min({Rounded(width * side / whole.width), kMostWholeSide, side});
}

std::optional<CropMatch> CheckCrop(const Picture& whole, const Picture& crop, const PicturePart& part, bool fine) {
  const auto [width, height] = CheckedSize(whole, crop, part, fine);
  if (std::min(width, height) < kLeastCheckedSide) {
    return std::nullopt;
  }
  const CropMatch match = AlignAt(whole.image, crop.image, part, width, height);
  if (match.correlation < kAligned || !Fits(whole, crop, match.part)) {
    return std::nullopt;
  }
  const PictureMatch pixels =
      CompareAligned(CutOut(whole.image, match.part, width, height), Resize(crop.image, width, height));
  return pixels.is_copy ? std::optional(match) : std::nullopt;
}

}  // namespace calotype
