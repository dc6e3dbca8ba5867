// The check that every format decodes.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

#include "app/doctor_checks.h"
#include "base/file.h"
#include "doctor_photos.h"  // made by CMake
#include "photo/photo_reader.h"

namespace calotype {
namespace {

using Rgb = std::array<int, Image::kChannels>;

// The colours of the quarters of every sample: top left, top right, bottom left, bottom right.
constexpr std::array<Rgb, 4> kQuarters = {{{220, 40, 30}, {40, 200, 60}, {30, 60, 210}, {230, 220, 40}}};
// The difference allowed for lossy formats, and for RAW, which developing brightens.
constexpr int kLossy = 4;
constexpr int kDeveloped = 30;

struct Sample {
  PhotoFormat format;
  std::span<const uint8_t> file;
  int tolerance;
};

constexpr std::array kSamples = {
    Sample{PhotoFormat::kJpeg, kJpegPhoto, kLossy},   Sample{PhotoFormat::kPng, kPngPhoto, 0},
    Sample{PhotoFormat::kWebp, kWebpPhoto, 0},        Sample{PhotoFormat::kTiff, kTiffPhoto, 0},
    Sample{PhotoFormat::kGif, kGifPhoto, 0},          Sample{PhotoFormat::kHeic, kHeicPhoto, kLossy},
    Sample{PhotoFormat::kAvif, kAvifPhoto, kLossy},   Sample{PhotoFormat::kJpegXl, kJpegXlPhoto, 0},
    Sample{PhotoFormat::kRaw, kRawPhoto, kDeveloped},
};

// The largest difference of any channel at the centres of the quarters.
int Difference(const Image& image) {
  int largest = 0;
  for (int i = 0; i < 4; ++i) {
    const int x = (i % 2 * 2 + 1) * image.width() / 4;
    const int y = (i / 2 * 2 + 1) * image.height() / 4;
    const uint8_t* const pixel = image.row(y) + static_cast<std::ptrdiff_t>(x) * Image::kChannels;
    for (std::size_t channel = 0; channel < Image::kChannels; ++channel) {
      largest = std::max(largest, std::abs(pixel[channel] - kQuarters[static_cast<std::size_t>(i)][channel]));
    }
  }
  return largest;
}

Status Decode(const PhotoReader& reader, const Sample& sample) {
  CALOTYPE_ASSIGN_OR_RETURN(const UniqueFd file, MakeMemoryFile("calotype-doctor", sample.file));
  CALOTYPE_ASSIGN_OR_RETURN(const DecodeAnswer answer, reader.Decode({.photo = file.get()}));
  const DecodedPhoto& photo = answer.photo.value();
  if (photo.format != sample.format || photo.image.empty()) {
    return absl::InternalError(fmt::format("recognised as {}", FormatName(photo.format)));
  }
  if (const int difference = Difference(photo.image); difference > sample.tolerance) {
    return absl::InternalError(
        fmt::format("its colours differ by {} of 255, and {} are allowed", difference, sample.tolerance));
  }
  return absl::OkStatus();
}

}  // namespace

DoctorCheck CheckDecoders() {
  const std::unique_ptr<PhotoReader> reader = CreatePhotoReader();
  std::vector<std::string_view> decoded;
  std::vector<std::string> failed;
  for (const Sample& sample : kSamples) {
    const std::string_view name = FormatName(sample.format);
    if (const Status status = Decode(*reader, sample); status.ok()) {
      decoded.push_back(name);
    } else {
      failed.push_back(fmt::format("{}: {}", name, Message(status)));
    }
  }
  DoctorCheck check{.name = "decoders",
                    .ok = failed.empty(),
                    .detail = fmt::format("{} decode{}", fmt::join(decoded, ", "), decoded.size() == 1 ? "s" : "")};
  if (!check.ok) {
    check.detail = fmt::format("{}; {} of {} formats decode", fmt::join(failed, "; "), decoded.size(), kSamples.size());
    check.remedy =
        "run tools/setup/install_packages, which installs the libraries; until then a scan records such photos as "
        "failed";
  }
  return check;
}

}  // namespace calotype
