// The result of a decoder, before decode.cc turns it upright.
#pragma once

#include <optional>
#include <string>

#include "photo/facts.h"
#include "photo/image.h"

namespace calotype {

struct UnturnedPhoto {
  Image image;    // sRGB, as stored, perhaps scaled down
  int width = 0;  // of the stored original
  int height = 0;
  std::optional<float> reduction;  // see DecodedPhoto
  std::string damage;              // see DecodedPhoto
  int turn = 1;                    // the EXIF orientation that must still be applied to `image`
  PhotoFacts facts;
  int pages = 1;  // see DecodedPhoto
};

}  // namespace calotype
