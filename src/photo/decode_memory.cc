#include "photo/decode_memory.h"

#include <algorithm>
#include <optional>

#include "photo/image.h"
#include "photo/jpeg.h"
#include "photo/jpeg_markers.h"
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
  const std::optional<JpegFrame> frame = ReadJpegFrame(file);
  if (!frame.has_value()) {
    return kAtLeast;  // for the decoder to refuse
  }
  CALOTYPE_RETURN_IF_ERROR(CheckPixels(frame->width, frame->height, limits));
  CALOTYPE_RETURN_IF_ERROR(CheckWork(frame->work, file.size(), limits));
  const int scale = JpegScale(static_cast<int>(frame->width), static_cast<int>(frame->height),
                              TargetLongSide(frame->width, frame->height, limits));
  const int64_t image = ImageMemory(frame->width * scale / 8 + 1, frame->height * scale / 8 + 1);
  constexpr int64_t kCoefficientBytes = 2;
  return image + (frame->is_held ? kCoefficientBytes * frame->samples : 0);
}

StatusOr<int64_t> VipsMemory(std::span<const uint8_t> file, const DecodeLimits& limits, PhotoFormat format) {
  CALOTYPE_ASSIGN_OR_RETURN(const VipsHeader header, ReadVipsHeader(file, FormatName(format)));
  CALOTYPE_RETURN_IF_ERROR(CheckVipsHeader(header, file.size(), limits));
  const int64_t row = int64_t{header.width} * header.bands * header.sample_bytes;
  return ShrunkMemory(header.width, header.height, limits) + kRows * row +
         BytesAPixel(format, header) * header.width * header.height;
}

StatusOr<int64_t> RawMemory(std::span<const uint8_t> file, const DecodeLimits& limits) {
  CALOTYPE_ASSIGN_OR_RETURN(const RawSize size, ReadRawSize(file));
  CALOTYPE_RETURN_IF_ERROR(CheckPixels(size.width, size.height, limits));
  CALOTYPE_RETURN_IF_ERROR(CheckWork(int64_t{size.width} * size.height, file.size(), limits));
  // The sensor data, and the picture developed at half size in 16 and in 8 bits.
  constexpr int64_t kSensorBytes = 5;
  return ShrunkMemory(size.width, size.height, limits) + kSensorBytes * size.width * size.height;
}

}  // namespace calotype
