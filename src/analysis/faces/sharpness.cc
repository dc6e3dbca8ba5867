#include "analysis/faces/sharpness.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "analysis/faces/face_chip.h"

namespace calotype {
namespace {

// With this padding the eyes are as far apart as in the chips of InsightFace's recognisers.
constexpr int kSide = 112;
constexpr float kPadding = 0.34F;

// Details finer than the first sigma are often noise, not the face. The second sigma is twice as coarse.
constexpr float kFine = 1.5F;
constexpr float kCoarse = 3;

// Brightness, row by row.
using Plane = std::vector<float>;

constexpr std::size_t At(int x, int y) { return static_cast<std::size_t>(y) * kSide + static_cast<std::size_t>(x); }

Plane Brightness(const Image& chip) {
  Plane plane(At(0, kSide));
  for (int y = 0; y < kSide; ++y) {
    const uint8_t* pixel = chip.row(y);
    for (int x = 0; x < kSide; ++x, pixel += 3) {
      plane[At(x, y)] = 0.299F * static_cast<float>(pixel[0]) + 0.587F * static_cast<float>(pixel[1]) +
                        0.114F * static_cast<float>(pixel[2]);
    }
  }
  return plane;
}

// Half of a Gaussian, from the centre outwards. The whole Gaussian sums to 1.
std::vector<float> HalfGaussian(float sigma) {
  std::vector<float> half(static_cast<std::size_t>(std::ceil(3 * sigma)) + 1);
  float sum = 0;
  for (std::size_t i = 0; i < half.size(); ++i) {
    const float distance = static_cast<float>(i) / sigma;
    half[i] = std::exp(-distance * distance / 2);
    sum += i == 0 ? half[i] : 2 * half[i];
  }
  std::ranges::transform(half, half.begin(), [sum](float weight) { return weight / sum; });
  return half;
}

// Smooths along rows and transposes, so that two calls smooth in both directions. Pixels beyond the border equal those
// at the border.
Plane SmoothRowsAndTranspose(const Plane& plane, const std::vector<float>& half) {
  Plane smooth(plane.size());
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      float sum = half[0] * plane[At(x, y)];
      for (int i = 1; i < static_cast<int>(half.size()); ++i) {
        sum += half[static_cast<std::size_t>(i)] *
               (plane[At(std::max(x - i, 0), y)] + plane[At(std::min(x + i, kSide - 1), y)]);
      }
      smooth[At(y, x)] = sum;
    }
  }
  return smooth;
}

Plane Smooth(const Plane& plane, float sigma) {
  const std::vector<float> half = HalfGaussian(sigma);
  return SmoothRowsAndTranspose(SmoothRowsAndTranspose(plane, half), half);
}

// Of the face only: the sums of the squared differences between neighbours, across and down.
std::pair<double, double> Edges(const Plane& plane) {
  constexpr int kFirst = static_cast<int>(kSide * kPadding / (1 + 2 * kPadding));
  double across = 0;
  double down = 0;
  for (int y = kFirst; y < kSide - kFirst; ++y) {
    for (int x = kFirst; x < kSide - kFirst; ++x) {
      const double right = plane[At(x + 1, y)] - plane[At(x, y)];
      const double below = plane[At(x, y + 1)] - plane[At(x, y)];
      across += right * right;
      down += below * below;
    }
  }
  return {across, down};
}

// Ignores edges below a thousandth of a grey level per pixel.
double Lost(double fine, double coarse) {
  constexpr double kNone = 1e-6 * kSide * kSide;
  return fine < kNone ? 0 : std::clamp(1 - coarse / fine, 0.0, 1.0);
}

}  // namespace

float FaceSharpness(const Image& image, const std::array<Point, 5>& landmarks) {
  const Plane fine = Smooth(Brightness(CutFaceChip(image, landmarks, kSide, kPadding)), kFine);
  const Plane coarse = Smooth(fine, std::sqrt(kCoarse * kCoarse - kFine * kFine));
  const auto [fine_across, fine_down] = Edges(fine);
  const auto [coarse_across, coarse_down] = Edges(coarse);
  return static_cast<float>(std::min(Lost(fine_across, coarse_across), Lost(fine_down, coarse_down)));
}

}  // namespace calotype
