// Finds a picture within a larger one: is one photo a crop of the other? In three steps, each more exact and more
// expensive than the one before.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "search/picture_match.h"

namespace calotype {

// A crop with less of the whole picture than this is not looked for, and one with more is not called a crop.
inline constexpr double kSmallestCrop = 0.08;
inline constexpr double kLargestCrop = 0.97;

// A rectangle in a picture, in shares of its sides: from 0 to 1.
struct PicturePart {
  double x = 0;
  double y = 0;
  double width = 1;
  double height = 1;

  double Area() const { return width * height; }
};

// A picture in grey with a long side of at most 64 pixels. Takes 4 KB.
struct Thumbnail {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;
};
Thumbnail MakeThumbnail(const Picture& picture);

// Where `crop` may be in `whole`: at most three places, the most likely one first. Takes a few milliseconds.
std::vector<PicturePart> FindCrop(const Thumbnail& whole, const Thumbnail& crop);

struct CropMatch {
  PicturePart part;        // of the whole picture, to a fraction of a pixel
  double correlation = 0;  // of the brightness of both, up to 1
};

// Aligns `crop` with `whole`, starting from a place of FindCrop(). nullopt if they do not fit: their brightness is not
// correlated, the part has other proportions or sticks out, or `whole` shows the part with fewer pixels than `crop`.
std::optional<CropMatch> AlignCrop(const Picture& whole, const Picture& crop, const PicturePart& near);

// The long side in pixels with which the whole picture should be read for CheckCrop(); at most 4096.
int SideToCheck(const Picture& whole, const Picture& crop, const PicturePart& part, bool fine);

// Compares the pixels of `crop` with those of the part of `whole` as MatchPictures() does: at 512 pixels, or
// kPictureSide if `fine`, after aligning them at this size. nullopt if they differ. A crop without the colours agrees.
std::optional<CropMatch> CheckCrop(const Picture& whole, const Picture& crop, const PicturePart& part, bool fine);

}  // namespace calotype
