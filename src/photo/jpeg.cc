#include "photo/jpeg.h"

#include <fmt/format.h>
#include <jerror.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "photo/icc.h"
#include "photo/jpeg_error.h"
#include "photo/jpeg_markers.h"
#include "photo/jpeg_source.h"
#include "photo/limits.h"
#include "photo/metadata.h"
#include "photo/pixels_in_work.h"
#include "photo/vips.h"

namespace calotype {
namespace {

using namespace std::string_view_literals;

constexpr int kScaleDenominator = 8;
constexpr int kCmykChannels = 4;
// The payloads of APP1 begin with these (EXIF 2.3, 4.7.2; XMP specification part 3, 1.1.3).
constexpr std::string_view kExifMark = "Exif\0\0"sv;
constexpr std::string_view kXmpMark = "http://ns.adobe.com/xap/1.0/\0"sv;
// The payload of APP13 begins with this; it contains IPTC.
constexpr std::string_view kPhotoshopMark = "Photoshop 3.0\0"sv;
constexpr unsigned kWholeMarker = 0xFFFF;
// A smaller part of a picture says little about the whole.
constexpr double kEnoughRows = 0.5;
// Shown where pixels are missing, as viewers do.
constexpr uint8_t kMissing = 128;
// A progressive file of a few kilobytes can contain thousands of scans of a huge picture, and each takes a full pass.
// Encoders write about ten; libjpeg-turbo's own fuzzers stop at 500.
constexpr int kMaxScans = 500;

class JpegDecoder {
 public:
  explicit JpegDecoder(std::span<const uint8_t> file) : file_(file), source_(file) {
    info_.err = &errors_.manager;
    info_.client_data = this;
    errors_.manager.emit_message = OnMessage;
    progress_.progress_monitor = OnProgress;
  }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;
  ~JpegDecoder() { jpeg_destroy_decompress(&info_); }

  Status ReadHeader() {
    const bool read = RunJpegStep(errors_, [&] {
      jpeg_create_decompress(&info_);
      info_.src = source_.manager();
      info_.progress = &progress_;
      jpeg_save_markers(&info_, JPEG_APP0 + 1, kWholeMarker);
      jpeg_save_markers(&info_, JPEG_APP0 + 2, kWholeMarker);
      jpeg_save_markers(&info_, JPEG_APP0 + 13, kWholeMarker);
      jpeg_read_header(&info_, TRUE);
    });
    return read ? absl::OkStatus() : FailureBeforePicture();
  }

  // Of the blocks that ReadHeader() kept.
  int64_t metadata_bytes() const {
    int64_t bytes = 0;
    for (jpeg_saved_marker_ptr marker = info_.marker_list; marker != nullptr; marker = marker->next) {
      bytes += marker->data_length;
    }
    return bytes;
  }

  int width() const { return static_cast<int>(info_.image_width); }
  int height() const { return static_cast<int>(info_.image_height); }

  // The channels to which the colour profile is applied, or CMYK without one.
  int channels() const {
    switch (info_.jpeg_color_space) {
      case JCS_GRAYSCALE:
        return 1;
      case JCS_CMYK:
      case JCS_YCCK:
        return kCmykChannels;
      default:
        return Image::kChannels;
    }
  }
  // Adobe's programs, which write nearly all CMYK JPEGs, use 255 for no ink.
  bool is_inverted() const { return channels() == kCmykChannels && info_.saw_Adobe_marker; }

  // The embedded ICC profile; empty when there is none that fits the colours, and for sRGB, which needs no conversion.
  StatusOr<std::vector<uint8_t>> Profile() {
    JOCTET* data = nullptr;
    unsigned size = 0;
    if (!RunJpegStep(errors_, [&] { jpeg_read_icc_profile(&info_, &data, &size); })) {
      return errors_.ToStatus();
    }
    const std::unique_ptr<JOCTET, decltype(&std::free)> owner(data, &std::free);
    const std::span<const uint8_t> profile(data, size);
    const bool useful = IccProfileFits(profile, channels()) && !IsSrgbProfile(profile);
    return useful ? std::vector<uint8_t>(profile.begin(), profile.end()) : std::vector<uint8_t>();
  }

  PhotoFacts Facts(const DecodeLimits& limits) const {
    return ReadFacts(
        {.exif = Payload(1, kExifMark), .xmp = Payload(1, kXmpMark), .photoshop = Payload(13, kPhotoshopMark)}, limits);
  }

  // Starts decoding to `output_width()` times `output_height()` pixels in `space`. Reads the whole file if it is
  // progressive.
  Status Start(int scale, J_COLOR_SPACE space) {
    const bool started = RunJpegStep(errors_, [&] {
      info_.scale_num = static_cast<unsigned>(scale);
      info_.scale_denom = kScaleDenominator;
      info_.out_color_space = space;
      jpeg_start_decompress(&info_);
    });
    return started ? absl::OkStatus() : Failure();
  }
  int output_width() const { return static_cast<int>(info_.output_width); }
  int output_height() const { return static_cast<int>(info_.output_height); }

  // `pixels` has room for all pixels, without padding. If some are missing, but enough are there, they are kMissing and
  // damage() is set.
  Status ReadPixels(std::span<uint8_t> pixels) {
    const std::size_t stride = std::size_t{info_.output_width} * static_cast<std::size_t>(info_.output_components);
    const bool read = RunJpegStep(errors_, [&] {
      while (info_.output_scanline < info_.output_height) {
        JSAMPROW row = pixels.data() + info_.output_scanline * stride;
        jpeg_read_scanlines(&info_, &row, 1);
      }
    });
    if (read && !ScansAreMissing() && !cut_short_) {
      return absl::OkStatus();
    }
    if (!cut_short_ || !EnoughIsThere()) {
      return Failure();
    }
    std::ranges::fill(pixels.subspan(info_.output_scanline * stride), kMissing);
    damage_ = Message(Failure());
    return absl::OkStatus();
  }

  // Why pixels are missing; empty when none are.
  const std::string& damage() const { return damage_; }

 private:
  static JpegDecoder& Self(j_common_ptr info) { return *static_cast<JpegDecoder*>(info->client_data); }

  // Called for each warning. Stops at once when the data of a scan ends before its last row: a hostile header may ask
  // for gigabytes of grey. Missing bits are accepted between restart markers, where decoding resumes, and in the last
  // scan of a file whose first scan, with the whole picture in less detail, is complete.
  static void OnMessage(j_common_ptr info, int level) {
    JpegDecoder& self = Self(info);
    const int marker = self.info_.unread_marker;
    const bool is_restart = marker >= JPEG_RST0 && marker < JPEG_RST0 + 8;
    if (level >= 0 || info->err->msg_code != JWRN_HIT_MARKER || is_restart) {
      return;
    }
    const bool is_last = marker == JPEG_EOI && self.damaged_scan_ == 0;
    self.cut_short_ = true;
    self.damaged_scan_ = self.info_.input_scan_number;
    self.damaged_row_ = self.info_.input_iMCU_row;
    if (!is_last || self.damaged_scan_ < 2) {
      info->err->error_exit(info);
    }
  }

  static void OnProgress(j_common_ptr info) {
    JpegDecoder& self = Self(info);
    if (self.info_.input_scan_number > kMaxScans) {
      self.too_many_scans_ = true;
      info->err->error_exit(info);
    }
  }

  // Returns what follows `mark` in the first APPn that begins with it.
  std::span<const uint8_t> Payload(int number, std::string_view mark) const {
    for (jpeg_saved_marker_ptr marker = info_.marker_list; marker != nullptr; marker = marker->next) {
      const std::span<const uint8_t> data(marker->data, marker->data_length);
      if (marker->marker == JPEG_APP0 + number && data.size() > mark.size() &&
          std::equal(mark.begin(), mark.end(), data.begin())) {
        return data.subspan(mark.size());
      }
    }
    return {};
  }

  // A file may also end between two scans, where no bit is missing. It is complete, except for the end marker, if
  // progressive decoding has refined each coefficient to its last bit.
  bool ScansAreMissing() {
    if (!source_.exhausted() || !(jpeg_has_multiple_scans(&info_) || info_.arith_code)) {
      return false;
    }
    bool are_missing = true;
    if (info_.coef_bits != nullptr) {
      const auto exact = [](const int bits) { return bits == 0; };
      const auto* components = info_.coef_bits;
      are_missing = !std::all_of(components, components + info_.num_components, [&](const auto& coefficients) {
        return std::all_of(std::begin(coefficients), std::end(coefficients), exact);
      });
    }
    cut_short_ = cut_short_ || are_missing;
    return are_missing;
  }

  bool EnoughIsThere() const {
    const bool has_brightness = info_.coef_bits == nullptr || info_.coef_bits[0][0] >= 0;
    return has_brightness &&
           static_cast<double>(info_.output_scanline) >= kEnoughRows * static_cast<double>(info_.output_height);
  }

  Status FailureBeforePicture() const {
    return source_.exhausted() ? absl::InvalidArgumentError(fmt::format(
                                     "the JPEG is cut short: its {} bytes end before the picture begins", file_.size()))
                               : Failure();
  }

  Status Failure() const {
    if (too_many_scans_) {
      return absl::InvalidArgumentError(
          fmt::format("the JPEG has more than {} scans; real ones have about ten", kMaxScans));
    }
    // A warning after the last byte is about the end marker that JpegSource added.
    if (!cut_short_ && !source_.exhausted()) {
      return errors_.ToStatus();
    }
    // Counted in rows of stored blocks, whatever the scale.
    const auto total = static_cast<double>(std::max<JDIMENSION>(info_.total_iMCU_rows, 1));
    const int scan = damaged_scan_ > 0 ? damaged_scan_ : info_.input_scan_number;
    const double done = 100.0 * static_cast<double>(damaged_scan_ > 0 ? damaged_row_ : info_.input_iMCU_row) / total;
    return absl::InvalidArgumentError(
        fmt::format("the JPEG is cut short: its {} bytes end in scan {}, {:.0f}% of whose rows are there", file_.size(),
                    scan, std::min(done, 100.0)));
  }

  std::span<const uint8_t> file_;
  JpegSource source_;
  JpegErrors errors_;
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct info_{};
  std::string damage_;
  bool cut_short_ = false;
  int damaged_scan_ = 0;  // the scan whose data ended too early; 0: none
  JDIMENSION damaged_row_ = 0;
  bool too_many_scans_ = false;
};

StatusOr<Image> ReadSrgb(JpegDecoder& decoder, int scale) {
  CALOTYPE_RETURN_IF_ERROR(decoder.Start(scale, JCS_RGB));
  Image image(decoder.output_width(), decoder.output_height());
  CALOTYPE_RETURN_IF_ERROR(decoder.ReadPixels(image.pixels()));
  return image;
}

StatusOr<Image> ReadManaged(JpegDecoder& decoder, int scale, std::span<const uint8_t> profile) {
  constexpr std::array<J_COLOR_SPACE, 5> kSpaces = {JCS_UNKNOWN, JCS_GRAYSCALE, JCS_UNKNOWN, JCS_RGB, JCS_CMYK};
  const int channels = decoder.channels();
  CALOTYPE_RETURN_IF_ERROR(decoder.Start(scale, kSpaces[static_cast<std::size_t>(channels)]));
  const int width = decoder.output_width();
  const int height = decoder.output_height();
  std::vector<uint8_t> pixels(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) *
                              static_cast<std::size_t>(channels));
  CALOTYPE_RETURN_IF_ERROR(decoder.ReadPixels(pixels));
  if (decoder.is_inverted()) {
    std::ranges::transform(pixels, pixels.begin(), [](uint8_t ink) { return static_cast<uint8_t>(255 - ink); });
  }
  StatusOr<Image> image = ConvertToSrgb(pixels, width, height, channels, profile);
  if (!image.ok() && !profile.empty()) {
    image = ConvertToSrgb(pixels, width, height, channels, {});
  }
  return image;
}

StatusOr<Image> ReadImage(JpegDecoder& decoder, int scale, bool ignore_profile) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<uint8_t> profile, decoder.Profile());
  return (profile.empty() || ignore_profile) && decoder.channels() != kCmykChannels
             ? ReadSrgb(decoder, scale)
             : ReadManaged(decoder, scale, profile);
}

}  // namespace

int JpegScale(int width, int height, int target_long_side) {
  const int64_t long_side = std::max(width, height);
  int scale = 1;
  // Round up, as libjpeg does.
  while (scale < kScaleDenominator &&
         (long_side * scale + kScaleDenominator - 1) / kScaleDenominator < target_long_side) {
    ++scale;
  }
  return scale;
}

StatusOr<PhotoFacts> ReadJpegFacts(std::span<const uint8_t> file, const DecodeLimits& limits) {
  JpegDecoder decoder(file);
  CALOTYPE_RETURN_IF_ERROR(decoder.ReadHeader());
  CALOTYPE_RETURN_IF_ERROR(CheckMetadataBytes(decoder.metadata_bytes(), limits));
  return decoder.Facts(limits);
}

StatusOr<UnturnedPhoto> DecodeJpeg(std::span<const uint8_t> file, const DecodeLimits& limits) {
  JpegDecoder decoder(file);
  CALOTYPE_RETURN_IF_ERROR(decoder.ReadHeader());
  CALOTYPE_RETURN_IF_ERROR(CheckPixels(decoder.width(), decoder.height(), limits));
  CALOTYPE_RETURN_IF_ERROR(CheckWork(ReadJpegFrame(file).value_or(JpegFrame()).work, file.size(), limits));
  CALOTYPE_RETURN_IF_ERROR(CheckMetadataBytes(decoder.metadata_bytes(), limits));
  PhotoFacts facts = decoder.Facts(limits);
  const PixelsInWork pixels_in_work;
  const int scale =
      JpegScale(decoder.width(), decoder.height(), TargetLongSide(decoder.width(), decoder.height(), limits));
  CALOTYPE_ASSIGN_OR_RETURN(Image image, ReadImage(decoder, scale, limits.as_stored));
  return UnturnedPhoto{.image = std::move(image),
                       .width = decoder.width(),
                       .height = decoder.height(),
                       .reduction = static_cast<float>(kScaleDenominator) / static_cast<float>(scale),
                       .damage = decoder.damage(),
                       .turn = facts.orientation,
                       .facts = std::move(facts)};
}

}  // namespace calotype
