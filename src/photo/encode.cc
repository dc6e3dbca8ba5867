#include "photo/encode.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "photo/jpeg_error.h"
#include "photo/vips.h"

namespace calotype {
namespace {

class JpegEncoder {
 public:
  JpegEncoder() { info_.err = &errors_.manager; }
  JpegEncoder(const JpegEncoder&) = delete;
  JpegEncoder& operator=(const JpegEncoder&) = delete;
  ~JpegEncoder() {
    jpeg_destroy_compress(&info_);
    std::free(data_);
  }

  StatusOr<std::vector<uint8_t>> Encode(const Image& image, int quality) {
    if (!RunJpegStep(errors_, [&] { Write(image, quality); })) {
      return errors_.ToStatus();
    }
    return std::vector<uint8_t>(data_, data_ + size_);
  }

 private:
  void Write(const Image& image, int quality) {
    jpeg_create_compress(&info_);
    jpeg_mem_dest(&info_, &data_, &size_);
    info_.image_width = static_cast<JDIMENSION>(image.width());
    info_.image_height = static_cast<JDIMENSION>(image.height());
    info_.input_components = Image::kChannels;
    info_.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info_);
    jpeg_set_quality(&info_, quality, TRUE);
    jpeg_start_compress(&info_, TRUE);
    while (info_.next_scanline < info_.image_height) {
      // libjpeg reads the row only; its type has no const.
      auto* row = const_cast<JSAMPROW>(image.row(static_cast<int>(info_.next_scanline)));
      jpeg_write_scanlines(&info_, &row, 1);
    }
    jpeg_finish_compress(&info_);
  }

  JpegErrors errors_;
  jpeg_compress_struct info_{};
  unsigned char* data_ = nullptr;  // by malloc, grown by libjpeg
  unsigned long size_ = 0;         // NOLINT(google-runtime-int): the type that jpeg_mem_dest() takes
};

}  // namespace

StatusOr<std::vector<uint8_t>> EncodeJpeg(const Image& image, int quality) {
  if (quality < 1 || quality > 100) {
    return absl::InvalidArgumentError(fmt::format("JPEG quality {} is not 1 to 100", quality));
  }
  if (image.empty() || image.width() > JPEG_MAX_DIMENSION || image.height() > JPEG_MAX_DIMENSION) {
    return absl::InvalidArgumentError(
        fmt::format("a JPEG has 1 to {} pixels a side, not {}x{}", JPEG_MAX_DIMENSION, image.width(), image.height()));
  }
  return JpegEncoder().Encode(image, quality);
}

StatusOr<std::vector<uint8_t>> EncodeThumbnail(Image image, int long_side, PhotoFormat format) {
  // As large as needed to look the same at arm's length: the scales of the three encoders differ.
  constexpr int kJpegQuality = 82;
  constexpr int kWebpQuality = 78;
  constexpr int kAvifQuality = 55;
  CALOTYPE_ASSIGN_OR_RETURN(const Image small, ShrinkWithVips(std::move(image), long_side));
  switch (format) {
    case PhotoFormat::kJpeg:
      return EncodeJpeg(small, kJpegQuality);
    case PhotoFormat::kWebp:
      return EncodeWithVips(small, format, kWebpQuality);
    case PhotoFormat::kAvif:
      return EncodeWithVips(small, format, kAvifQuality);
    default:
      return absl::InvalidArgumentError(fmt::format("thumbnails are JPEG, WebP or AVIF, not {}", FormatName(format)));
  }
}

}  // namespace calotype
