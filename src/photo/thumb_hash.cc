#include "photo/thumb_hash.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace calotype {
namespace {

// A channel of the picture, each value from 0 to 1 or from -1 to 1.
struct Plane {
  int width = 0;
  int height = 0;
  std::vector<double> values;
};

// Brightness, yellow against blue, red against green.
struct Planes {
  Plane l;
  Plane p;
  Plane q;
};

Planes PlanesOf(const Image& image) {
  constexpr double kWhite = 255;
  const Plane empty{.width = image.width(), .height = image.height(), .values = {}};
  Planes planes{.l = empty, .p = empty, .q = empty};
  const auto pixels = image.pixels();
  for (std::size_t at = 0; at < pixels.size(); at += Image::kChannels) {
    const double r = pixels[at] / kWhite;
    const double g = pixels[at + 1] / kWhite;
    const double b = pixels[at + 2] / kWhite;
    planes.l.values.push_back((r + g + b) / 3);
    planes.p.values.push_back((r + g) / 2 - b);
    planes.q.values.push_back(r - g);
  }
  return planes;
}

// What the transform says of a plane.
struct Spectrum {
  double average = 0;
  double scale = 0;           // the largest absolute value of the others
  std::vector<double> waves;  // from 0 to 1 on this scale, 0.5 is none; by the number of waves down, then across
};

// Weights of `count` cosine waves at `size` places: count rows of size.
std::vector<double> Cosines(int count, int size) {
  std::vector<double> cosines;
  for (int wave = 0; wave < count; ++wave) {
    for (int at = 0; at < size; ++at) {
      cosines.push_back(std::cos(std::numbers::pi / size * wave * (at + 0.5)));
    }
  }
  return cosines;
}

double Dot(const double* a, const double* b, int size) {
  double sum = 0;
  for (int i = 0; i < size; ++i) {
    sum += a[i] * b[i];
  }
  return sum;
}

// Up to `across` waves from left to right and `down` from top to bottom: those below the diagonal.
Spectrum Transform(const Plane& plane, int across, int down) {
  const std::vector<double> x_waves = Cosines(across, plane.width);
  const std::vector<double> y_waves = Cosines(down, plane.height);
  // For each wave across, what each row of pixels has of it.
  std::vector<double> rows(static_cast<std::size_t>(across) * static_cast<std::size_t>(plane.height));
  for (int cx = 0; cx < across; ++cx) {
    for (int y = 0; y < plane.height; ++y) {
      rows[static_cast<std::size_t>(cx) * static_cast<std::size_t>(plane.height) + static_cast<std::size_t>(y)] =
          Dot(plane.values.data() + static_cast<std::ptrdiff_t>(y) * plane.width,
              x_waves.data() + static_cast<std::ptrdiff_t>(cx) * plane.width, plane.width);
    }
  }
  Spectrum spectrum;
  for (int cy = 0; cy < down; ++cy) {
    for (int cx = 0; cx * down < across * (down - cy); ++cx) {
      const double sum = Dot(rows.data() + static_cast<std::ptrdiff_t>(cx) * plane.height,
                             y_waves.data() + static_cast<std::ptrdiff_t>(cy) * plane.height, plane.height);
      const double value = sum / (static_cast<double>(plane.width) * plane.height);
      if (cx == 0 && cy == 0) {
        spectrum.average = value;
      } else {
        spectrum.waves.push_back(value);
        spectrum.scale = std::max(spectrum.scale, std::abs(value));
      }
    }
  }
  // What rounding errors leave of a flat picture is no wave.
  constexpr double kNoise = 1e-12;
  for (double& wave : spectrum.waves) {
    wave = spectrum.scale > kNoise ? 0.5 + 0.5 / spectrum.scale * wave : 0.5;
  }
  return spectrum;
}

// `value`, from 0 to 1, as a whole number up to `largest`.
unsigned Quantise(double value, double largest) { return static_cast<unsigned>(std::floor(value * largest + 0.5)); }

// Writes numbers of a few bits one after another, the lowest bits of each byte first.
class Bits {
 public:
  void Add(unsigned value, unsigned bits) {
    for (unsigned bit = 0; bit < bits; ++bit, ++size_) {
      if (size_ % 8 == 0) {
        bytes_.push_back(0);
      }
      bytes_.back() = static_cast<uint8_t>(bytes_.back() | ((value >> bit & 1U) << size_ % 8));
    }
  }
  std::vector<uint8_t> Take() { return std::move(bytes_); }

 private:
  unsigned size_ = 0;
  std::vector<uint8_t> bytes_;
};

}  // namespace

std::vector<uint8_t> ThumbHash(const Image& image) {
  if (image.empty()) {
    return {};
  }
  constexpr double kMostWaves = 7;  // of brightness, along the long side
  constexpr int kColourWaves = 3;
  const double long_side = std::max(image.width(), image.height());
  const auto waves = [&](int side) {
    return std::max(1, static_cast<int>(std::floor(kMostWaves * side / long_side + 0.5)));
  };
  const int across = waves(image.width());
  const int down = waves(image.height());
  const Planes planes = PlanesOf(image);
  const Spectrum l = Transform(planes.l, std::max(kColourWaves, across), std::max(kColourWaves, down));
  const Spectrum p = Transform(planes.p, kColourWaves, kColourWaves);
  const Spectrum q = Transform(planes.q, kColourWaves, kColourWaves);
  const bool is_landscape = image.width() > image.height();

  Bits bits;
  bits.Add(Quantise(l.average, 63), 6);
  bits.Add(Quantise(0.5 + 0.5 * p.average, 63), 6);
  bits.Add(Quantise(0.5 + 0.5 * q.average, 63), 6);
  bits.Add(Quantise(l.scale, 31), 5);
  bits.Add(0, 1);  // no transparency
  bits.Add(static_cast<unsigned>(is_landscape ? down : across), 3);
  bits.Add(Quantise(p.scale, 63), 6);
  bits.Add(Quantise(q.scale, 63), 6);
  bits.Add(is_landscape ? 1 : 0, 1);
  for (const Spectrum* const spectrum : {&l, &p, &q}) {
    for (const double wave : spectrum->waves) {
      bits.Add(Quantise(wave, 15), 4);
    }
  }
  return bits.Take();
}

}  // namespace calotype
