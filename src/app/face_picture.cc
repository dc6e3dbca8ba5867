#include "app/face_picture.h"

#include <algorithm>
#include <cmath>

#include "analysis/image_ops.h"
#include "photo/photo_reader.h"

namespace calotype {
namespace {

// The side of the shown square in sides of the face.
constexpr float kSurroundings = 1.5F;
// A small face is read from a larger picture, up to this long side.
constexpr int kMaxLongSide = 8000;
constexpr uint8_t kOutside = 32;

// The long side at which the square has about `side` pixels.
int LongSideFor(const PhotoRecord& photo, float square, int side) {
  const PhotoProperties properties = photo.properties.value_or(PhotoProperties{});
  const auto long_side = static_cast<float>(std::max(properties.width, properties.height));
  return static_cast<int>(
      std::clamp(long_side * static_cast<float>(side) / std::max(square, 1.F), 1.F, float{kMaxLongSide}));
}

// The start of `length` pixels around the middle, moved into 0 to `end` as far as it fits.
int StartOf(float middle, int length, int end) {
  const int start = static_cast<int>(std::lround(middle - static_cast<float>(length) / 2));
  return length >= end ? start : std::clamp(start, 0, end - length);
}

// Scaled to fit the square.
Image InTheMiddle(const Image& part, int side) {
  const float scale = static_cast<float>(side) / static_cast<float>(std::max(part.width(), part.height()));
  const auto scaled_side = [scale, side](int pixels) {
    return std::clamp(static_cast<int>(std::lround(static_cast<float>(pixels) * scale)), 1, side);
  };
  const Image scaled = Resize(part, scaled_side(part.width()), scaled_side(part.height()));
  Image picture(side, side);
  std::ranges::fill(picture.pixels(), kOutside);
  Paste(scaled, (side - scaled.width()) / 2, (side - scaled.height()) / 2, picture);
  return picture;
}

}  // namespace

StatusOr<Image> FacePicture(int file, const PhotoRecord& photo, const Box& box, int side, const DecodeLimits& limits) {
  const float square = kSurroundings * std::max(box.width, box.height);
  DecodeLimits enough = limits;
  enough.target_long_side = LongSideFor(photo, square, side);
  CALOTYPE_ASSIGN_OR_RETURN(const DecodeAnswer answer, CreatePhotoReader()->Decode({.photo = file, .limits = enough}));
  const DecodedPhoto& decoded = answer.photo.value();  // no limit of memory was given
  const float x = (box.x + box.width / 2) / decoded.scale_x();
  const float y = (box.y + box.height / 2) / decoded.scale_y();
  if (x >= static_cast<float>(decoded.image.width()) || y >= static_cast<float>(decoded.image.height())) {
    return absl::InvalidArgumentError("the photo has changed: the face is not in it");
  }
  const int width = static_cast<int>(std::lround(square / decoded.scale_x()));
  const int height = static_cast<int>(std::lround(square / decoded.scale_y()));
  return InTheMiddle(Crop(decoded.image, StartOf(x, width, decoded.image.width()),
                          StartOf(y, height, decoded.image.height()), width, height),
                     side);
}

}  // namespace calotype
