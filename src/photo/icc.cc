#include "photo/icc.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>

namespace calotype {
namespace {

constexpr std::size_t kColourSpace = 16;
constexpr std::size_t kSignature = 36;
constexpr std::size_t kIntent = 64;  // of rendering: 0 to 3
constexpr std::size_t kHeaderBytes = 128;
constexpr std::size_t kTagEntryBytes = 12;
constexpr uint32_t kMaxTags = 100;  // real profiles have fewer than 30

// The primaries of sRGB adapted to D50, as in the profile of the ICC (sRGB v4 and IEC61966-2.1 agree to 0.0005).
struct Primary {
  std::string_view tag;
  std::array<double, 3> xyz;
};
constexpr std::array<Primary, 3> kPrimaries = {{
    {"rXYZ", {0.4361, 0.2225, 0.0139}},
    {"gXYZ", {0.3851, 0.7169, 0.0971}},
    {"bXYZ", {0.1431, 0.0606, 0.7141}},
}};
constexpr double kPrimaryTolerance = 0.002;

// IEC 61966-2-1 at a few encoded values. The tolerance excludes a plain gamma of 2.2, which differs by 0.0037 at 0.1
// and by 0.0083 at 0.8, and accepts the short tables of small web profiles.
struct CurvePoint {
  double encoded;
  double linear;
};
constexpr std::array<CurvePoint, 4> kCurve = {{{0.1, 0.01002}, {0.2, 0.03310}, {0.5, 0.21404}, {0.8, 0.60383}}};
constexpr double kCurveTolerance = 0.003;

class Profile {
 public:
  explicit Profile(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool TextIs(std::size_t at, std::string_view text) const {
    return bytes_.size() >= at + text.size() &&
           std::equal(text.begin(), text.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  uint32_t Number(std::size_t at, std::size_t count) const {
    if (at > bytes_.size() || bytes_.size() - at < count) {
      return 0;
    }
    uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      value = value << 8 | bytes_[at + i];
    }
    return value;
  }
  // s15Fixed16Number
  double Fixed(std::size_t at) const { return static_cast<int32_t>(Number(at, 4)) / 65536.0; }

  // Returns the offset of the data of a tag; 0 when there is no such tag.
  std::size_t Find(std::string_view tag) const {
    const uint32_t count = std::min(Number(kHeaderBytes, 4), kMaxTags);
    for (uint32_t i = 0; i < count; ++i) {
      const std::size_t entry = kHeaderBytes + 4 + i * kTagEntryBytes;
      if (TextIs(entry, tag)) {
        return Number(entry + 4, 4);
      }
    }
    return 0;
  }

 private:
  std::span<const uint8_t> bytes_;
};

// Parametric curve: the number of the formula, then g, a, b, c, d ...; sRGB uses formula 3.
double ParametricCurve(const Profile& profile, std::size_t at, double x) {
  const double g = profile.Fixed(at + 12);
  if (profile.Number(at + 8, 2) != 3) {
    return std::pow(x, g);
  }
  const double a = profile.Fixed(at + 16);
  const double b = profile.Fixed(at + 20);
  const double c = profile.Fixed(at + 24);
  const double d = profile.Fixed(at + 28);
  return x >= d ? std::pow(a * x + b, g) : c * x;
}

// Sampled curve: no point means identity, one is a gamma, more are a table with linear interpolation.
double SampledCurve(const Profile& profile, std::size_t at, double x) {
  const uint32_t count = profile.Number(at + 8, 4);
  if (count <= 1) {
    return count == 0 ? x : std::pow(x, profile.Number(at + 12, 2) / 256.0);
  }
  const double position = x * (count - 1);
  const auto below = static_cast<uint32_t>(position);
  const auto sample = [&](uint32_t i) { return profile.Number(at + 12 + std::size_t{i} * 2, 2) / 65535.0; };
  return std::lerp(sample(below), sample(std::min(below + 1, count - 1)), position - below);
}

bool CurveIsSrgb(const Profile& profile, std::string_view tag) {
  const std::size_t at = profile.Find(tag);
  if (!profile.TextIs(at, "para") && !profile.TextIs(at, "curv")) {
    return false;
  }
  const auto curve = profile.TextIs(at, "para") ? ParametricCurve : SampledCurve;
  return std::ranges::all_of(kCurve, [&](const CurvePoint& point) {
    return std::abs(curve(profile, at, point.encoded) - point.linear) < kCurveTolerance;
  });
}

bool PrimaryIsSrgb(const Profile& profile, const Primary& primary) {
  const std::size_t at = profile.Find(primary.tag);
  bool close = profile.TextIs(at, "XYZ ");
  for (std::size_t i = 0; i < primary.xyz.size(); ++i) {
    close = close && std::abs(profile.Fixed(at + 8 + i * 4) - primary.xyz[i]) < kPrimaryTolerance;
  }
  return close;
}

}  // namespace

bool IsIccProfile(std::span<const uint8_t> profile) {
  return Profile(profile).TextIs(kSignature, "acsp") && Profile(profile).Number(kIntent, 4) <= 3;
}

bool IccProfileFits(std::span<const uint8_t> profile, int channels) {
  const std::string_view space = channels == 1 ? "GRAY" : channels == 4 ? "CMYK" : "RGB ";
  return IsIccProfile(profile) && Profile(profile).TextIs(kColourSpace, space);
}

bool IsSrgbProfile(std::span<const uint8_t> profile) {
  const Profile read(profile);
  // When a profile has both kinds of description, colour management uses the tables.
  return IsIccProfile(profile) && read.TextIs(kColourSpace, "RGB ") && read.Find("A2B0") == 0 &&
         std::ranges::all_of(kPrimaries, [&](const Primary& primary) { return PrimaryIsSrgb(read, primary); }) &&
         std::ranges::all_of(std::array{"rTRC", "gTRC", "bTRC"},
                             [&](std::string_view tag) { return CurveIsSrgb(read, tag); });
}

}  // namespace calotype
