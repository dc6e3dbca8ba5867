// Chooses the range of numbers that the 256 values of an 8-bit tensor represent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace calotype {

// A histogram of numbers. Grows with its input: if a number is outside its range, the bins double their width.
class ValueHistogram {
 public:
  // Ignores numbers that are not finite.
  void Add(std::span<const float> values);

  uint64_t count() const { return count_; }
  float lowest() const { return lowest_; }
  float highest() const { return highest_; }

 private:
  friend class RangeSearch;
  static constexpr std::size_t kBins = 4096;  // half of them are for negative numbers

  void GrowTo(float magnitude);

  std::array<uint64_t, kBins> bins_{};
  float limit_ = 0;  // the bins cover -limit_ to limit_; 0 before the first number
  float lowest_ = 0;
  float highest_ = 0;
  uint64_t count_ = 0;
};

// An 8-bit number n stands for scale * (n - zero).
struct ActivationScale {
  float scale = 1;
  uint8_t zero = 0;
};

struct ActivationRange {
  ActivationScale scale;
  double noise = 0;  // mean square of the error from rounding and clipping
  double power = 0;  // mean square of the numbers
};

// Returns the range with the least noise. Clipping a few extreme numbers makes the steps for all others smaller. The
// range always contains 0, which padding of convolutions needs exactly.
ActivationRange BestRange(const ValueHistogram& histogram);

}  // namespace calotype
