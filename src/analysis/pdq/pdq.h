// PDQ, the perceptual hash of 256 bits by Meta (ThreatExchange, "pdqhash-2017-10-09.pdf"): bit for bit what the
// reference implementation gives on the same pixels.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "analysis/findings.h"
#include "analysis/pdq/pdq_kernels.h"
#include "photo/image.h"

namespace calotype {

using PdqHash = std::array<uint8_t, 32>;

// The hash of `luma` (0 to 255, width x height, row by row). A side under 5 gives zeros with quality 0, as the
// reference has it. `luma` holds width x height values.
PdqFinding HashLuma(std::span<const float> luma, int width, int height, const PdqKernels& kernels = PdqKernelsInUse());

// The hash of `image` at its own size; what the PyPI package pdqhash answers for the same RGB pixels.
PdqFinding HashPixels(const Image& image, const PdqKernels& kernels = PdqKernelsInUse());

// The hash of a photo: of `image` brought to 512 x 512. Meta's tool does so with larger photos only; but the filter's
// window is a whole number of pixels, so a small copy is blurred unlike its original. Over 44 photos and 24 copies of
// each (three quarters to a seventh of the size, JPEG and WebP) 2.5 bits differed on average, against 9.1 with Meta's
// rule, 9.4 with the long side at 512 and 9.7 without resizing.
PdqFinding HashPhoto(const Image& image);

// A picture can be turned and mirrored in eight ways: its rows may become columns, then be mirrored left to right, then
// top to bottom. The bits of the value say which of the three is done.
enum class PdqTurn : uint8_t {
  kNone = 0,
  kMirrored = 1,
  kMirroredUpsideDown = 2,
  kUpsideDown = 3,
  kMirroredTurnedRight = 4,  // turned, then mirrored left to right
  kTurnedRight = 5,          // by 90 degrees, clockwise
  kTurnedLeft = 6,
  kMirroredTurnedLeft = 7,
};
inline constexpr int kPdqTurns = 8;
std::string_view PdqTurnName(PdqTurn turn);  // "turned right"; empty for kNone

// What undoes `turn`.
PdqTurn Undo(PdqTurn turn);

// Nearly the hash of the picture turned so, from the hash of the picture alone: turning moves the frequencies and
// changes the sign of some, but a hash keeps only on which side of their median they lay. Of the samples 7.8 bits
// differ on average from the hash of the turned pixels, 30 at most (four samples); of kMirroredTurnedRight, which
// changes no sign, none. A turn keeps distances.
PdqHash TurnedHash(const PdqHash& hash, PdqTurn turn);

// How many bits differ, 0 to 256. Meta's advice: 31 or less is a match.
int HammingDistance(const PdqHash& a, const PdqHash& b);

}  // namespace calotype
