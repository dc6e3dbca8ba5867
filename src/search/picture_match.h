// Compares the pixels of two photos: is one a copy of the other? Photos with equal PDQ hashes can differ in colour, in
// proportions or in a few words; this comparison notices such differences.
#pragma once

#include "analysis/pdq/pdq.h"
#include "photo/image.h"

namespace calotype {

// Pictures are compared with at most this long side, in pixels. On a page of A4, capital letters are then 8 high.
inline constexpr int kPictureSide = 1000;

// A photo, reduced for comparisons. Takes up to 3 MB.
struct Picture {
  Image image;    // upright; the long side is at most kPictureSide, if no other was asked for
  int width = 0;  // of the upright original
  int height = 0;
  int pages = 1;         // as DecodedPhoto::pages
  bool is_grey = false;  // without any colour
};

// `decoded` is the whole photo at any size of at least `side`, or at its own size if it is smaller. The picture's long
// side is at most `side`.
Picture MakePicture(Image decoded, int width, int height, int pages, int side = kPictureSide);

struct PictureMatch {
  // The copy shows nothing that `keeper` does not show, with one curve from the brightness of the one to the brightness
  // of the other, and with the same colours or none.
  bool is_copy = false;
  bool lost_colour = false;  // the copy is a greyscale version
};

// Compares `copy` with `keeper` after `turn`. The smaller of the two determines the size at which they are compared: at
// most 512 pixels, or kPictureSide if `fine`, for photos with text. A picture whose short side is below 24 pixels is no
// copy, because too little of it can be seen.
//
// Thresholds were chosen on 43 pictures with 19 kinds of copies (half to a seventh of the size, JPEG at qualities of 10
// to 90, WebP, GIF, other brightness, contrast and saturation, blurred, sharpened, greyscale) and 14 kinds of near
// misses (other hues, moved by 0.3 % to 1 %, enlarged by 1 % and 2 %, with a caption, with a part of 4 % replaced).
PictureMatch MatchPictures(const Picture& keeper, PdqTurn turn, const Picture& copy, bool fine);

// The comparison of MatchPictures() alone, of two pictures of the same size that show the same thing at the same place
// if they are copies.
PictureMatch CompareAligned(const Image& keeper, const Image& copy);

}  // namespace calotype
