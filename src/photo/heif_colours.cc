#include "photo/heif_colours.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace calotype {
namespace {

using HeifBytes = std::span<const uint8_t>;

uint64_t HeifNumber(HeifBytes bytes, std::size_t at, std::size_t count) {
  uint64_t value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    value = value << 8 | (i < bytes.size() ? bytes[i] : 0);
  }
  return value;
}

// A box: a size of 4 bytes, a type of 4, a size of 8 if the first one is 1, and its content.
struct HeifBox {
  std::string_view type;
  HeifBytes content;
};

// Takes the first box off `bytes`; nullopt when there is no whole one.
std::optional<HeifBox> NextHeifBox(HeifBytes& bytes) {
  constexpr std::size_t kHead = 8;
  if (bytes.size() < kHead) {
    return std::nullopt;
  }
  const bool is_large = HeifNumber(bytes, 0, 4) == 1;
  const std::size_t head = is_large ? 2 * kHead : kHead;
  uint64_t size = is_large ? HeifNumber(bytes, kHead, 8) : HeifNumber(bytes, 0, 4);
  size = size == 0 ? bytes.size() : size;  // to the end
  if (size < head || size > bytes.size()) {
    return std::nullopt;
  }
  const HeifBox box{.type = {reinterpret_cast<const char*>(bytes.data()) + 4, 4},
                    .content = bytes.subspan(head, static_cast<std::size_t>(size) - head)};
  bytes = bytes.subspan(static_cast<std::size_t>(size));
  return box;
}

// The content of the first box of this type among `boxes`; empty when there is none.
HeifBytes FindHeifBox(HeifBytes boxes, std::string_view type) {
  while (const std::optional<HeifBox> box = NextHeifBox(boxes)) {
    if (box->type == type) {
      return box->content;
    }
  }
  return {};
}

// The content of a "full" box without its first four bytes, which are its version and flags.
HeifBytes AfterVersion(HeifBytes content) { return content.size() < 4 ? HeifBytes() : content.subspan(4); }

// H.273, tables 2 and 3.
constexpr int kBt709 = 1;
constexpr int kBt2020 = 9;
constexpr int kDisplayP3 = 12;
constexpr int kLinear = 8;
constexpr int kPq = 16;
constexpr int kHlg = 18;
// BT.709, BT.601, sRGB, BT.2020: cameras and programs mean the curve of sRGB by all of them.
constexpr std::array kCurvesLikeSrgb = {1, 2, 6, 13, 14, 15};

// Red, green and blue as XYZ, adapted to D50 as in every ICC profile.
struct Primaries {
  int number;
  std::array<std::array<double, 3>, 3> xyz;
};
constexpr std::array<Primaries, 3> kKnownPrimaries = {{
    {kBt709, {{{0.43607, 0.22249, 0.01392}, {0.38515, 0.71687, 0.09708}, {0.14307, 0.06061, 0.71410}}}},
    {kDisplayP3, {{{0.51512, 0.24120, -0.00105}, {0.29198, 0.69225, 0.04189}, {0.15710, 0.06657, 0.78407}}}},
    {kBt2020, {{{0.67348, 0.27904, -0.00194}, {0.16566, 0.67534, 0.02998}, {0.12505, 0.04561, 0.79685}}}},
}};

// Light in units of diffuse white, as a usual screen can show it.
double Compressed(double light) {
  constexpr double kKept = 0.5;
  constexpr double kBrightest = 1000.0 / 203.0;
  const auto bend = [](double x) { return 1 - std::exp(-(x - kKept) / (1 - kKept)); };
  return light <= kKept ? light : std::min(1.0, kKept + (1 - kKept) * bend(light) / bend(kBrightest));
}

// BT.2100, table 4: the EOTF.
double LightOfPq(double signal) {
  constexpr double kM1 = 2610.0 / 16384;
  constexpr double kM2 = 2523.0 / 4096 * 128;
  constexpr double kC1 = 3424.0 / 4096;
  constexpr double kC2 = 2413.0 / 4096 * 32;
  constexpr double kC3 = 2392.0 / 4096 * 32;
  const double power = std::pow(signal, 1 / kM2);
  return 10000.0 / 203.0 * std::pow(std::max(power - kC1, 0.0) / (kC2 - kC3 * power), 1 / kM1);
}

// BT.2100, table 5: the inverse OETF, and the gamma of a screen of 1000 cd/m2 for each channel.
double LightOfHlg(double signal) {
  constexpr double kA = 0.17883277;
  constexpr double kB = 1 - 4 * kA;
  const double c = 0.5 - kA * std::log(4 * kA);
  const double scene = signal <= 0.5 ? signal * signal / 3 : (std::exp((signal - c) / kA) + kB) / 12;
  return 1000.0 / 203.0 * std::pow(scene, 1.2);
}

class ProfileWriter {
 public:
  void Text(std::string_view text) { bytes_.insert(bytes_.end(), text.begin(), text.end()); }
  void Add(uint64_t value, int count) {
    for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) {
      bytes_.push_back(static_cast<uint8_t>(value >> static_cast<unsigned>(shift)));
    }
  }
  // s15Fixed16Number
  void Fixed(double value) { Add(static_cast<uint32_t>(static_cast<int32_t>(std::lround(value * 65536))), 4); }
  void Xyz(const std::array<double, 3>& value) {
    std::ranges::for_each(value, [&](double one) { Fixed(one); });
  }
  void FillTo(std::size_t size) { bytes_.resize(std::max(size, bytes_.size())); }
  std::size_t size() const { return bytes_.size(); }
  std::vector<uint8_t> Take() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

constexpr std::array<double, 3> kD50 = {0.9642, 1, 0.8249};

void AddCurve(int transfer, ProfileWriter& writer) {
  constexpr int kPoints = 4096;
  constexpr int kSrgbFormula = 3;
  constexpr double kLargest = 65535;
  if (transfer == kLinear) {
    writer.Text("curv");
    writer.Add(0, 8);
  } else if (transfer == kPq || transfer == kHlg) {
    writer.Text("curv");
    writer.Add(kPoints, 8);
    for (int i = 0; i < kPoints; ++i) {
      const double signal = static_cast<double>(i) / (kPoints - 1);
      const double light = Compressed(transfer == kPq ? LightOfPq(signal) : LightOfHlg(signal));
      writer.Add(static_cast<uint64_t>(std::lround(kLargest * light)), 2);
    }
  } else {
    writer.Text("para");
    writer.Add(0, 4);
    writer.Add(kSrgbFormula, 2);
    writer.Add(0, 2);
    for (const double number : {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045}) {
      writer.Fixed(number);
    }
  }
}

}  // namespace

HeifColours ReadHeifColours(HeifBytes file) {
  HeifColours colours;
  const HeifBytes meta = AfterVersion(FindHeifBox(file, "meta"));
  HeifBytes properties = FindHeifBox(FindHeifBox(meta, "iprp"), "ipco");
  while (const std::optional<HeifBox> property = NextHeifBox(properties)) {
    constexpr uint64_t kNclx = 0x6E636C78;
    if (property->type == "colr" && HeifNumber(property->content, 0, 4) == kNclx) {
      colours.primaries = static_cast<int>(HeifNumber(property->content, 4, 2));
      colours.transfer = static_cast<int>(HeifNumber(property->content, 6, 2));
      break;
    }
  }
  HeifBytes references = AfterVersion(FindHeifBox(meta, "iref"));
  while (const std::optional<HeifBox> reference = NextHeifBox(references)) {
    colours.is_premultiplied = colours.is_premultiplied || reference->type == "prem";
  }
  return colours;
}

// ICC.1:2010, 7: a header, a table of tags, and their data.
std::vector<uint8_t> ProfileOf(const HeifColours& colours) {
  constexpr std::size_t kHeader = 128;
  constexpr std::array<std::string_view, 3> kXyzTags = {"rXYZ", "gXYZ", "bXYZ"};
  constexpr std::array<std::string_view, 3> kCurveTags = {"rTRC", "gTRC", "bTRC"};
  constexpr std::size_t kXyzBytes = 20;
  constexpr std::size_t kTags = 1 + kXyzTags.size() + kCurveTags.size();
  constexpr std::size_t kData = kHeader + 4 + 12 * kTags;
  constexpr std::size_t kCurve = kData + (1 + kXyzTags.size()) * kXyzBytes;

  const bool like_srgb = std::ranges::find(kCurvesLikeSrgb, colours.transfer) != kCurvesLikeSrgb.end();
  const bool known = like_srgb || colours.transfer == kLinear || colours.transfer == kPq || colours.transfer == kHlg;
  const int number = colours.primaries == 2 ? kBt709 : colours.primaries;
  const auto* const primaries = std::ranges::find(kKnownPrimaries, number, &Primaries::number);
  if (!known || primaries == kKnownPrimaries.end() || (like_srgb && number == kBt709)) {
    return {};
  }
  ProfileWriter curve;
  AddCurve(colours.transfer, curve);

  ProfileWriter profile;
  profile.Add(kCurve + curve.size(), 4);
  profile.Add(0, 4);
  profile.Add(0x04200000, 4);  // version 4.2
  profile.Text("mntrRGB XYZ ");
  profile.FillTo(36);
  profile.Text("acsp");
  profile.FillTo(68);
  profile.Xyz(kD50);
  profile.FillTo(kHeader);
  profile.Add(kTags, 4);
  const auto add_tag = [&](std::string_view name, std::size_t at, std::size_t bytes) {
    profile.Text(name);
    profile.Add(at, 4);
    profile.Add(bytes, 4);
  };
  add_tag("wtpt", kData, kXyzBytes);
  for (std::size_t i = 0; i < kXyzTags.size(); ++i) {
    add_tag(kXyzTags[i], kData + (i + 1) * kXyzBytes, kXyzBytes);
  }
  for (const std::string_view name : kCurveTags) {
    add_tag(name, kCurve, curve.size());
  }
  const auto add_xyz = [&](const std::array<double, 3>& value) {
    profile.Text("XYZ ");
    profile.Add(0, 4);
    profile.Xyz(value);
  };
  add_xyz(kD50);
  std::ranges::for_each(primaries->xyz, add_xyz);
  std::vector<uint8_t> bytes = profile.Take();
  const std::vector<uint8_t> curve_bytes = curve.Take();
  bytes.insert(bytes.end(), curve_bytes.begin(), curve_bytes.end());
  return bytes;
}

}  // namespace calotype
