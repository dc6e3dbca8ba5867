#include "analysis/ocr/coarse_pass.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <opencv2/imgproc.hpp>
#include <utility>

namespace calotype {
namespace {

// In pixels of the network, on each side. The ends of a line are fainter than its centre, and the network needs the
// surroundings to recognise text: with a smaller margin, boxes differ by some pixels from those of a full pass.
constexpr int kMargin = 64;
// How much an area that cuts a line is enlarged.
constexpr int kGrowth = 128;
// Text counts as large from this short side, in pixels of the coarse map. The map shows the middle half of a line's
// height, so its letters are about 32 pixels high, four times what the network needs.
constexpr float kLarge = 16;
// Width of the slope in the map around a line.
constexpr int kRim = 4;

// An engine prepares itself for each new input shape (60 ms on OpenVINO 2026.4), so areas have only these side lengths.
constexpr std::array<int, 11> kSides = {160, 224, 320, 416, 512, 640, 800, 992, 1216, 1472, 1760};

int Right(const Area& area) { return area.x + area.width; }
int Bottom(const Area& area) { return area.y + area.height; }
int64_t Pixels(const Area& area) { return int64_t{area.width} * area.height; }

Area Union(const Area& a, const Area& b) {
  const int x = std::min(a.x, b.x);
  const int y = std::min(a.y, b.y);
  return {x, y, std::max(Right(a), Right(b)) - x, std::max(Bottom(a), Bottom(b)) - y};
}

// Enlarges the area by the given pixels on its left, top, right and bottom side, to the grid, within the picture.
Area Grown(const Area& area, PixelSize picture, int left, int above, int right, int below) {
  const auto down = [](int value) { return std::max(0, value / kAreaStep * kAreaStep); };
  const auto up = [](int value, int limit) { return std::min(limit, (value + kAreaStep - 1) / kAreaStep * kAreaStep); };
  const int x = down(std::max(0, area.x - left));
  const int y = down(std::max(0, area.y - above));
  return {x, y, up(Right(area) + right, picture.width) - x, up(Bottom(area) + below, picture.height) - y};
}

// Rounds `side` up to one of kSides, but to at most `limit`.
int CommonSide(int side, int limit) {
  const auto* const common = std::ranges::lower_bound(kSides, side);
  return std::min(common == kSides.end() ? limit : *common, limit);
}

// Enlarges the area to common side lengths, within the picture.
Area WithCommonSides(const Area& area, PixelSize picture) {
  const int width = CommonSide(area.width, picture.width);
  const int height = CommonSide(area.height, picture.height);
  const auto shifted = [](int at, int size, int wanted, int limit) {
    return std::clamp((at - (wanted - size) / 2) / kAreaStep * kAreaStep, 0, limit - wanted);
  };
  return {shifted(area.x, area.width, width, picture.width), shifted(area.y, area.height, height, picture.height),
          width, height};
}

// Merges areas as long as two cost more than their common frame.
std::vector<Area> Merged(std::vector<Area> areas, PixelSize picture) {
  std::ranges::transform(areas, areas.begin(), [&](const Area& area) { return WithCommonSides(area, picture); });
  for (std::size_t i = 0; i < areas.size();) {
    Area frame;
    const auto cheaper = [&](const Area& other) {
      frame = WithCommonSides(Union(areas[i], other), picture);
      return Pixels(frame) <= Pixels(areas[i]) + Pixels(other);
    };
    const auto partner = std::find_if(areas.begin() + static_cast<std::ptrdiff_t>(i) + 1, areas.end(), cheaper);
    if (partner == areas.end()) {
      ++i;
      continue;
    }
    areas[i] = frame;
    areas.erase(partner);
    i = 0;  // compare all again: merging may have become cheaper
  }
  return areas;
}

// One bit per cell of the grid: whether it contains text.
class Cells {
 public:
  // `text` has the size `map`.
  Cells(const cv::Mat1b& text, PixelSize map, PixelSize picture)
      : columns_(picture.width / kAreaStep), rows_(picture.height / kAreaStep), has_text_(Count(columns_, rows_)) {
    for (int y = 0; y < map.height; ++y) {
      const uint8_t* const row = text[y];
      for (int x = 0; x < map.width; ++x) {
        if (row[x] != 0) {
          Mark(x, y, map);
        }
      }
    }
  }

  // Finds the first group of neighbouring cells with text, in reading order, returns its frame and clears its cells.
  // Returns false when no cell is left.
  bool TakeGroup(Area& frame) {
    const auto first = std::ranges::find(has_text_, uint8_t{1});
    if (first == has_text_.end()) {
      return false;
    }
    std::vector<int> open = {static_cast<int>(first - has_text_.begin())};
    *first = 0;
    frame = CellArea(open.front());
    while (!open.empty()) {
      const int cell = open.back();
      open.pop_back();
      frame = Union(frame, CellArea(cell));
      AddNeighbours(cell, open);
    }
    return true;
  }

 private:
  static std::size_t Count(int columns, int rows) {
    return static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows);
  }

  Area CellArea(int cell) const {
    return {cell % columns_ * kAreaStep, cell / columns_ * kAreaStep, kAreaStep, kAreaStep};
  }

  // A pixel of a smaller map may cover several cells.
  void Mark(int x, int y, PixelSize map) {
    const auto range = [](int at, int size, int cells) {
      const int last = static_cast<int>((int64_t{at + 1} * cells - 1) / size);
      return std::pair(static_cast<int>(int64_t{at} * cells / size), std::min(last, cells - 1));
    };
    const auto [left, right] = range(x, map.width, columns_);
    const auto [top, bottom] = range(y, map.height, rows_);
    for (int row = top; row <= bottom; ++row) {
      for (int column = left; column <= right; ++column) {
        has_text_[Count(row, columns_) + static_cast<std::size_t>(column)] = 1;
      }
    }
  }

  void AddNeighbours(int cell, std::vector<int>& open) {
    const int column = cell % columns_;
    const int row = cell / columns_;
    for (int y = std::max(0, row - 1); y <= std::min(rows_ - 1, row + 1); ++y) {
      for (int x = std::max(0, column - 1); x <= std::min(columns_ - 1, column + 1); ++x) {
        const std::size_t at = Count(y, columns_) + static_cast<std::size_t>(x);
        if (has_text_[at] != 0) {
          has_text_[at] = 0;
          open.push_back(static_cast<int>(at));
        }
      }
    }
  }

  const int columns_;
  const int rows_;
  std::vector<uint8_t> has_text_;
};

// The large text in `text`, including its faint rim.
cv::Mat1b LargeText(const cv::Mat1b& text) {
  std::vector<std::vector<cv::Point>> contours;
  cv::findContours(text, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE);
  std::erase_if(contours, [](const std::vector<cv::Point>& contour) {
    const cv::Size2f size = cv::minAreaRect(contour).size;
    return std::min(size.width, size.height) < kLarge;
  });
  cv::Mat1b large(text.size(), uint8_t{0});
  cv::drawContours(large, contours, -1, cv::Scalar(1), cv::FILLED);
  cv::dilate(large, large, cv::Mat1b(2 * kRim + 1, 2 * kRim + 1, uint8_t{1}));
  return large;
}

bool IsInside(int x, int y, const Area& area) {
  return x >= area.x && x < Right(area) && y >= area.y && y < Bottom(area);
}

// The sides of an area at which text lies in the outermost pixels.
struct Cuts {
  bool left = false;
  bool above = false;
  bool right = false;
  bool below = false;
  bool any() const { return left || above || right || below; }
};

// `is_text` tells whether there is text at a pixel.
template <typename IsText>
Cuts FindCuts(PixelSize picture, std::span<const Area> areas, const Area& area, IsText is_text) {
  const auto cut = [&](int x, int y) {
    return is_text(x, y) &&
           std::ranges::none_of(areas, [&](const Area& other) { return other != area && IsInside(x, y, other); });
  };
  Cuts cuts;
  for (int y = area.y; y < Bottom(area); ++y) {
    cuts.left |= area.x > 0 && cut(area.x, y);
    cuts.right |= Right(area) < picture.width && cut(Right(area) - 1, y);
  }
  for (int x = area.x; x < Right(area); ++x) {
    cuts.above |= area.y > 0 && cut(x, area.y);
    cuts.below |= Bottom(area) < picture.height && cut(x, Bottom(area) - 1);
  }
  return cuts;
}

}  // namespace

CoarsePass EvaluateCoarseMap(std::span<const float> probabilities, PixelSize map, PixelSize picture, float threshold) {
  // OpenCV has no read-only matrix. Nothing writes to this one.
  const cv::Mat1f seen(map.height, map.width, const_cast<float*>(probabilities.data()));
  cv::Mat1b text;
  cv::compare(seen, threshold, text, cv::CMP_GT);
  const cv::Mat1b large = LargeText(text);
  CoarsePass coarse{
      .areas = {},
      .large = std::vector<float>(static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height))};
  cv::Mat1f kept(seen.size(), 0.0F);
  seen.copyTo(kept, large);
  cv::resize(kept, cv::Mat1f(picture.height, picture.width, coarse.large.data()), {picture.width, picture.height}, 0, 0,
             cv::INTER_LINEAR);
  text.setTo(0, large);
  Cells cells(text, map, picture);
  for (Area frame; cells.TakeGroup(frame);) {
    coarse.areas.push_back(Grown(frame, picture, kMargin, kMargin, kMargin, kMargin));
  }
  coarse.areas = Merged(std::move(coarse.areas), picture);
  return coarse;
}

std::vector<Area> EnlargeCutAreas(std::span<const float> probabilities, PixelSize picture, std::span<const float> large,
                                  std::vector<Area> areas, float threshold) {
  const auto is_text = [&](int x, int y) {
    const auto at = static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) + static_cast<std::size_t>(x);
    return probabilities[at] > threshold && large[at] == 0;
  };
  std::vector<Area> grown = areas;
  for (std::size_t i = 0; i < areas.size(); ++i) {
    if (const Cuts cuts = FindCuts(picture, areas, areas[i], is_text); cuts.any()) {
      const auto by = [](bool cut) { return cut ? kGrowth : 0; };
      grown[i] = Grown(areas[i], picture, by(cuts.left), by(cuts.above), by(cuts.right), by(cuts.below));
    }
  }
  return grown == areas ? areas : Merged(std::move(grown), picture);
}

int64_t PixelsIn(std::span<const Area> areas) {
  int64_t sum = 0;
  for (const Area& area : areas) {
    sum += Pixels(area);
  }
  return sum;
}

}  // namespace calotype
