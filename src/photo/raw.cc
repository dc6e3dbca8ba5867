#include "photo/raw.h"

#include <fmt/format.h>
#include <libraw/libraw.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "photo/facts_text.h"
#include "photo/jpeg.h"
#include "photo/limits.h"
#include "photo/metadata.h"
#include "photo/orient.h"
#include "photo/pixels_in_work.h"
#include "photo/vips.h"

namespace calotype {
namespace {

// libraw's `flip` (bit 0 mirrors columns, bit 1 rows, bit 2 swaps the axes first) as EXIF orientation.
constexpr std::array<int, 8> kOrientationOfFlip = {1, 2, 4, 3, 5, 8, 6, 7};

// Previews may differ from the sensor picture by a few border pixels; more means another shape.
constexpr double kSameShape = 0.02;

Status RawFailure(int code) {
  const std::string message = fmt::format("RAW: {}", libraw_strerror(code));
  switch (code) {
    case LIBRAW_FILE_UNSUPPORTED:
    case LIBRAW_NOT_IMPLEMENTED:
      return absl::UnimplementedError(message + "; this libraw does not know the camera");
    case LIBRAW_UNSUFFICIENT_MEMORY:
    case LIBRAW_TOO_BIG:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::InvalidArgumentError(message + "; the file is broken or cut short");
  }
}

class RawFile {
 public:
  Status Open(std::span<const uint8_t> file) {
    raw_->set_dataerror_handler(nullptr, nullptr);  // The standard one writes to stderr.
    // libraw only reads the buffer; older versions lack the const.
    CALOTYPE_RETURN_IF_ERROR(StatusOf(raw_->open_buffer(const_cast<uint8_t*>(file.data()), file.size())));
    // Developing overwrites these values.
    const libraw_image_sizes_t& sizes = raw_->imgdata.sizes;
    width_ = sizes.width;
    height_ = sizes.height;
    orientation_ = kOrientationOfFlip[static_cast<std::size_t>(sizes.flip & 7)];
    return absl::OkStatus();
  }

  int width() const { return width_; }
  int height() const { return height_; }
  int orientation() const { return orientation_; }
  // libraw forgets the file when its preview is broken. The sensor picture may be whole.
  bool is_closed() const { return is_closed_; }

  // Facts that libraw read, for files that exiv2 does not know (CR3 before exiv2 0.28).
  void CompleteFacts(PhotoFacts& facts) const {
    if (facts.camera.empty()) {
      facts.camera = CameraName(raw_->imgdata.idata.make, raw_->imgdata.idata.model);
    }
    if (facts.lens.empty()) {
      facts.lens = CleanText(raw_->imgdata.lens.Lens);
    }
    if (facts.taken_at.empty()) {
      facts.taken_at = TakenAt();
    }
  }

  // Returns the embedded JPEG; empty when there is none.
  std::span<const uint8_t> Preview() {
    const libraw_thumbnail_t& thumbnail = raw_->imgdata.thumbnail;
    const int code = raw_->unpack_thumb();
    is_closed_ = LIBRAW_FATAL_ERROR(code);
    if (code != LIBRAW_SUCCESS || thumbnail.tformat != LIBRAW_THUMBNAIL_JPEG) {
      return {};
    }
    return {reinterpret_cast<const uint8_t*>(thumbnail.thumb), thumbnail.tlength};
  }

  StatusOr<Image> DevelopHalfSize() {
    libraw_output_params_t& settings = raw_->imgdata.params;
    settings.half_size = 1;
    settings.use_camera_wb = 1;
    settings.output_color = 1;  // sRGB's primaries, and its curve as power and slope (IEC 61966-2-1)
    settings.gamm[0] = 1 / 2.4;
    settings.gamm[1] = 12.92;
    settings.output_bps = 8;
    settings.user_flip = 0;  // turned by Upright(), one code for all formats
    CALOTYPE_RETURN_IF_ERROR(StatusOf(raw_->unpack()));
    CALOTYPE_RETURN_IF_ERROR(StatusOf(raw_->dcraw_process()));
    int code = LIBRAW_SUCCESS;
    const std::unique_ptr<libraw_processed_image_t, decltype(&LibRaw::dcraw_clear_mem)> developed(
        raw_->dcraw_make_mem_image(&code), &LibRaw::dcraw_clear_mem);
    if (!developed) {
      return RawFailure(code);
    }
    return CopyPixels(*developed);
  }

 private:
  static Status StatusOf(int code) { return code == LIBRAW_SUCCESS ? absl::OkStatus() : RawFailure(code); }

  static StatusOr<Image> CopyPixels(const libraw_processed_image_t& developed) {
    if (developed.type != LIBRAW_IMAGE_BITMAP || developed.bits != 8 ||
        (developed.colors != 1 && developed.colors != Image::kChannels)) {
      return absl::UnimplementedError(
          fmt::format("RAW: {} colours of {} bits cannot be shown", developed.colors, developed.bits));
    }
    Image image(developed.width, developed.height);
    const std::span<uint8_t> pixels = image.pixels();
    const std::size_t repeat = Image::kChannels / developed.colors;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      pixels[i] = developed.data[i / repeat];
    }
    return image;
  }

  // libraw converts the camera's clock to a time_t with the time zone of this machine.
  std::string TakenAt() const {
    const time_t stamp = raw_->imgdata.other.timestamp;
    tm local{};
    if (stamp <= 0 || localtime_r(&stamp, &local) == nullptr) {
      return {};
    }
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &local);
    return text.data();
  }

  // On the heap, since it has several hundred kilobytes.
  std::unique_ptr<LibRaw> raw_ = std::make_unique<LibRaw>();
  int width_ = 0;
  int height_ = 0;
  int orientation_ = 1;
  bool is_closed_ = false;
};

double Shape(int width, int height) { return static_cast<double>(width) / height; }

bool SameShape(double a, double b) { return std::abs(a / b - 1) < kSameShape; }

// Some cameras rotate the pixels of the preview, some set its orientation tag, most leave it as the sensor recorded it.
// A preview that already has the shape of the upright photo is not rotated again.
int PreviewTurn(const UnturnedPhoto& preview, const RawFile& raw) {
  const int turn = preview.turn != 1 ? preview.turn : raw.orientation();
  const bool upright_is_tall = SwapsAxes(raw.orientation()) != (raw.height() > raw.width());
  const bool becomes_tall = SwapsAxes(turn) != (preview.height > preview.width);
  const bool is_square = preview.height == preview.width;
  return SwapsAxes(turn) && !is_square && becomes_tall != upright_is_tall ? 1 : turn;
}

bool IsLargeEnough(const UnturnedPhoto& preview, const RawFile& raw, int target) {
  const int long_side = std::max(preview.width, preview.height);
  return long_side >= target / 2 || long_side >= std::max(raw.width(), raw.height());
}

std::optional<UnturnedPhoto> DecodePreview(RawFile& raw, const DecodeLimits& limits) {
  const std::span<const uint8_t> jpeg = raw.Preview();
  if (jpeg.empty()) {
    return std::nullopt;
  }
  StatusOr<UnturnedPhoto> preview = DecodeJpeg(jpeg, limits);
  if (!preview.ok() || !preview->damage.empty() || !IsLargeEnough(*preview, raw, limits.target_long_side)) {
    return std::nullopt;
  }
  preview->turn = PreviewTurn(*preview, raw);
  // In a preview that the camera has rotated already, width and height of the sensor are exchanged.
  const bool turned = SwapsAxes(raw.orientation()) && !SwapsAxes(preview->turn);
  const int width = turned ? raw.height() : raw.width();
  const int height = turned ? raw.width() : raw.height();
  if (SameShape(Shape(preview->width, preview->height), Shape(width, height))) {
    preview->width = width;
    preview->height = height;
  }
  return *std::move(preview);
}

StatusOr<UnturnedPhoto> Develop(RawFile& raw, const DecodeLimits& limits) {
  CALOTYPE_ASSIGN_OR_RETURN(Image half, raw.DevelopHalfSize());
  CALOTYPE_ASSIGN_OR_RETURN(Image image, ShrinkWithVips(std::move(half), limits.target_long_side));
  return UnturnedPhoto{
      .image = std::move(image), .width = raw.width(), .height = raw.height(), .turn = raw.orientation(), .facts = {}};
}

PhotoFacts FactsOf(std::span<const uint8_t> file, const RawFile& raw, const DecodeLimits& limits) {
  PhotoFacts facts = ReadFactsOfFile(file, limits);
  raw.CompleteFacts(facts);
  facts.orientation = raw.orientation();
  return facts;
}

}  // namespace

StatusOr<RawSize> ReadRawSize(std::span<const uint8_t> file) {
  RawFile raw;
  CALOTYPE_RETURN_IF_ERROR(raw.Open(file));
  return RawSize{.width = raw.width(), .height = raw.height()};
}

StatusOr<PhotoFacts> ReadRawFacts(std::span<const uint8_t> file, const DecodeLimits& limits) {
  RawFile raw;
  CALOTYPE_RETURN_IF_ERROR(raw.Open(file));
  return FactsOf(file, raw, limits);
}

StatusOr<UnturnedPhoto> DecodeRaw(std::span<const uint8_t> file, const DecodeLimits& limits) {
  RawFile raw;
  CALOTYPE_RETURN_IF_ERROR(raw.Open(file));
  CALOTYPE_RETURN_IF_ERROR(CheckPixels(raw.width(), raw.height(), limits));
  CALOTYPE_RETURN_IF_ERROR(CheckWork(int64_t{raw.width()} * raw.height(), file.size(), limits));
  PhotoFacts facts = FactsOf(file, raw, limits);
  const PixelsInWork pixels_in_work;
  std::optional<UnturnedPhoto> photo = DecodePreview(raw, limits);
  if (!photo) {
    if (raw.is_closed()) {
      CALOTYPE_RETURN_IF_ERROR(raw.Open(file));
    }
    CALOTYPE_ASSIGN_OR_RETURN(photo, Develop(raw, limits));
  }
  photo->facts = std::move(facts);
  return *std::move(photo);
}

}  // namespace calotype
