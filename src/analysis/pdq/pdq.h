// PDQ, Meta's perceptual hash of 256 bits (ThreatExchange, "pdqhash-2017-10-09.pdf"). Gives the same bits as the
// reference implementation on the same pixels.
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

// Hashes `luma`: width x height values from 0 to 255, row by row. Like the reference, returns zeros with quality 0 when
// a side is below 5.
PdqFinding HashLuma(std::span<const float> luma, int width, int height, const PdqKernels& kernels = PdqKernelsInUse());

// Hashes `image` at its own size; equals the PyPI package pdqhash on the same RGB pixels.
PdqFinding HashPixels(const Image& image, const PdqKernels& kernels = PdqKernelsInUse());

// Hashes a photo as Meta's tool does, since hashes are exchanged between programs: a photo with a side over 512 is
// scaled to 512 x 512 first, a smaller one is hashed at its own size. The filter's window is a whole number of pixels,
// so a small copy is blurred differently from its original. docs/query.md states the distances.
PdqFinding HashPhoto(const Image& image);

// The eight rotations and mirrorings of a picture. The bits of the value say which of three steps are done, in this
// order: 4 swaps rows and columns, 1 mirrors left to right, 2 mirrors top to bottom.
enum class PdqTurn : uint8_t {
  kNone = 0,
  kMirrored = 1,
  kMirroredUpsideDown = 2,
  kUpsideDown = 3,
  kMirroredTurnedRight = 4,  // rotated, then mirrored left to right
  kTurnedRight = 5,          // by 90 degrees clockwise
  kTurnedLeft = 6,
  kMirroredTurnedLeft = 7,
};
inline constexpr int kPdqTurns = 8;
std::string_view PdqTurnName(PdqTurn turn);  // "turned right"; empty for kNone

// Returns the turn that reverses `turn`.
PdqTurn Undo(PdqTurn turn);

// Approximates the hash of the turned picture from the hash alone. Turning a picture moves its frequencies and changes
// the sign of some, but a hash stores only on which side of their median they lie. On the samples, 7.8 bits differ on
// average from the hash of the turned pixels. The most is 30 bits, which four samples reach; none differ for
// kMirroredTurnedRight, which changes no sign. Turning keeps distances between hashes.
PdqHash TurnedHash(const PdqHash& hash, PdqTurn turn);

// The number of differing bits, 0 to 256. Meta recommends 31 or less as a match.
int HammingDistance(const PdqHash& a, const PdqHash& b);

}  // namespace calotype
