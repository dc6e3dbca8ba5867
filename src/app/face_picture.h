// Pictures of faces, cut out of their photos.
#pragma once

#include "base/geometry.h"
#include "base/status.h"
#include "catalog/types.h"
#include "photo/decode.h"
#include "photo/image.h"

namespace calotype {

// Returns a square of `side` pixels: the face at `box` (pixels of the upright original) with hair and chin, by which
// people are recognised. Where the photo ends, the square is moved into it; what is still outside is dark. `file` is
// the photo's, open for reading; a small face is decoded from more pixels than `limits` ask for.
//   kInvalidArgument    the photo has changed, so that the face is not in it
//   and those of PhotoReader::Decode()
StatusOr<Image> FacePicture(int file, const PhotoRecord& photo, const Box& box, int side, const DecodeLimits& limits);

}  // namespace calotype
