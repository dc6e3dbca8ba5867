#include "photo/decode_memory.h"

#include <algorithm>
#include <cstddef>

#include "photo/image.h"
#include "photo/jpeg.h"
#include "photo/limits.h"
#include "photo/raw.h"
#include "photo/vips.h"

namespace calotype {
namespace {

// Used by every decoder for tables, buffers and metadata.
constexpr int64_t kAtLeast = 16'000'000;
// The decoded photo, its upright copy, and its copy in another colour space.
constexpr int64_t kCopies = 3;
// The largest number of rows that libvips keeps while it shrinks.
constexpr int64_t kRows = 512;

int64_t ImageMemory(int64_t width, int64_t height) { return kAtLeast + kCopies * width * height * Image::kChannels; }

int64_t ShrunkMemory(int64_t width, int64_t height, const DecodeLimits& limits) {
  const int64_t long_side = std::max(width, height);
  const int64_t target = TargetLongSide(width, height, limits);
  return ImageMemory(width * target / long_side + 1, height * target / long_side + 1);
}

// The parts of a JPEG's frame header that decide how much memory is needed (ITU-T T.81, B.2).
struct JpegFrame {
  int64_t width = 0;
  int64_t height = 0;
  int64_t samples = 0;  // of all channels, in whole blocks
  int channels = 0;
  bool is_progressive = false;
  int channels_of_first_scan = 0;
};

class JpegMarkers {
 public:
  explicit JpegMarkers(std::span<const uint8_t> file) : file_(file) {}

  // False when the file contains no picture.
  bool Read(JpegFrame& frame) {
    constexpr uint8_t kStartOfScan = 0xDA;
    for (std::size_t at = 2; Next(at);) {
      const uint8_t marker = file_[at + 1];
      const std::size_t segment = at + 2;
      if (marker == kStartOfScan) {
        frame.channels_of_first_scan = Byte(segment + 2);
        return frame.channels > 0;
      }
      if (IsFrame(marker)) {
        ReadFrame(segment, marker, frame);
      }
      at = segment + U16(segment);
    }
    return false;
  }

 private:
  // SOF0 to SOF15, except DHT, JPG and DAC, which are in the same range.
  static bool IsFrame(uint8_t marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
  }

  int Byte(std::size_t at) const { return at < file_.size() ? file_[at] : 0; }
  std::size_t U16(std::size_t at) const { return static_cast<std::size_t>(Byte(at) << 8 | Byte(at + 1)); }

  // Moves `at` to the next marker, past fill bytes.
  bool Next(std::size_t& at) const {
    while (at + 4 <= file_.size() && (file_[at] != 0xFF || file_[at + 1] == 0xFF || file_[at + 1] == 0)) {
      ++at;
    }
    return at + 4 <= file_.size();
  }

  void ReadFrame(std::size_t segment, uint8_t marker, JpegFrame& frame) const {
    frame.is_progressive = marker == 0xC2 || marker == 0xCA;
    frame.height = static_cast<int64_t>(U16(segment + 3));
    frame.width = static_cast<int64_t>(U16(segment + 5));
    frame.channels = Byte(segment + 7);
    int64_t across = 1;
    int64_t down = 1;
    for (int i = 0; i < frame.channels; ++i) {
      const int sampling = Byte(segment + 9 + static_cast<std::size_t>(i) * 3);
      across = std::max(across, int64_t{sampling >> 4});
      down = std::max(down, int64_t{sampling & 15});
    }
    const int64_t whole = (frame.width + 8 * across) * (frame.height + 8 * down);
    for (int i = 0; i < frame.channels; ++i) {
      const int sampling = Byte(segment + 9 + static_cast<std::size_t>(i) * 3);
      frame.samples += whole * (sampling >> 4) * (sampling & 15) / (across * down);
    }
  }

  std::span<const uint8_t> file_;
};

// Bytes per pixel for decoders that hold the whole picture. Measured with 100 megapixels each: AVIF 6.7, HEIC 6.9, JPEG
// XL 6.2; an interlaced PNG takes its pixels and a seventh more.
int64_t BytesAPixel(PhotoFormat format, const VipsHeader& header) {
  const int64_t pixel = int64_t{header.bands} * header.sample_bytes;
  switch (format) {
    case PhotoFormat::kPng:
      return header.is_interlaced ? pixel : 0;
    case PhotoFormat::kTiff:
      return pixel;  // a strip may be the whole
    case PhotoFormat::kWebp:
      return 4;  // of a lossless one; 0.4 of others were seen
    default:
      return 8;
  }
}

}  // namespace

StatusOr<int64_t> JpegMemory(std::span<const uint8_t> file, const DecodeLimits& limits) {
  JpegFrame frame;
  if (!JpegMarkers(file).Read(frame)) {
    return kAtLeast;  // for the decoder to refuse
  }
  CALOTYPE_RETURN_IF_ERROR(CheckPixels(frame.width, frame.height, limits));
  const int scale = JpegScale(static_cast<int>(frame.width), static_cast<int>(frame.height),
                              TargetLongSide(frame.width, frame.height, limits));
  const int64_t image = ImageMemory(frame.width * scale / 8 + 1, frame.height * scale / 8 + 1);
  constexpr int64_t kCoefficientBytes = 2;
  const bool is_held = frame.is_progressive || frame.channels_of_first_scan < frame.channels;
  return image + (is_held ? kCoefficientBytes * frame.samples : 0);
}

StatusOr<int64_t> VipsMemory(std::span<const uint8_t> file, const DecodeLimits& limits, PhotoFormat format) {
  CALOTYPE_ASSIGN_OR_RETURN(const VipsHeader header, ReadVipsHeader(file, FormatName(format)));
  CALOTYPE_RETURN_IF_ERROR(CheckPixels(header.width, header.height, limits));
  const int64_t row = int64_t{header.width} * header.bands * header.sample_bytes;
  return ShrunkMemory(header.width, header.height, limits) + kRows * row +
         BytesAPixel(format, header) * header.width * header.height;
}

StatusOr<int64_t> RawMemory(std::span<const uint8_t> file, const DecodeLimits& limits) {
  CALOTYPE_ASSIGN_OR_RETURN(const RawSize size, ReadRawSize(file));
  CALOTYPE_RETURN_IF_ERROR(CheckPixels(size.width, size.height, limits));
  // The sensor data, and the picture developed at half size in 16 and in 8 bits.
  constexpr int64_t kSensorBytes = 5;
  return ShrunkMemory(size.width, size.height, limits) + kSensorBytes * size.width * size.height;
}

}  // namespace calotype
