#include "photo/formats.h"

#include <algorithm>
#include <array>
#include <utility>

#include "photo/decode_memory.h"
#include "photo/frames.h"
#include "photo/heif_work.h"
#include "photo/jpeg.h"
#include "photo/jpeg_xl.h"
#include "photo/limits.h"
#include "photo/metadata.h"
#include "photo/png_limits.h"
#include "photo/png_text.h"
#include "photo/raw.h"
#include "photo/sniff.h"
#include "photo/tiff_pages.h"
#include "photo/vips.h"

namespace calotype {
namespace {

Status CheckHeif(std::span<const uint8_t> file, const DecodeLimits& limits) {
  CALOTYPE_ASSIGN_OR_RETURN(const int64_t work, HeifWork(file));
  return CheckWork(work, file.size(), limits);
}

PhotoFacts FactsOf(const VipsMetadata& metadata, const DecodeLimits& limits) {
  return ReadPngFacts(metadata.exif, metadata.xmp, metadata.texts, limits);
}

// PNG, WebP, GIF: EXIF states the orientation.
StatusOr<UnturnedPhoto> DecodeTagged(std::span<const uint8_t> file, const DecodeLimits& limits, std::string_view name) {
  CALOTYPE_ASSIGN_OR_RETURN(VipsPicture picture, DecodeWithVips(file, limits, name));
  UnturnedPhoto photo{.image = std::move(picture.image),
                      .width = picture.width,
                      .height = picture.height,
                      .facts = FactsOf(picture.metadata, limits),
                      .pages = picture.pages};
  photo.turn = photo.facts.orientation;
  return photo;
}

// HEIC, AVIF, JPEG XL: the container states the rotation, and the orientation in EXIF must be ignored (ISO/IEC
// 23008-12, 6.5.10 and ISO/IEC 18181-1, annex J).
StatusOr<UnturnedPhoto> DecodeTurned(std::span<const uint8_t> file, const DecodeLimits& limits, std::string_view name) {
  CALOTYPE_ASSIGN_OR_RETURN(UnturnedPhoto photo, DecodeTagged(file, limits, name));
  photo.turn = 1;
  return photo;
}

StatusOr<UnturnedPhoto> DecodeHeif(std::span<const uint8_t> file, const DecodeLimits& limits, std::string_view name) {
  CALOTYPE_RETURN_IF_ERROR(CheckHeif(file, limits));
  return DecodeTurned(file, limits, name);
}

StatusOr<PhotoFacts> JpegXlFacts(std::span<const uint8_t> file, const DecodeLimits& limits) {
  return ReadFacts({.exif = FindJpegXlBox(file, "Exif"), .xmp = FindJpegXlBox(file, "xml ")}, limits);
}

// libvips before 8.15 does not return the EXIF block of JPEG XL.
StatusOr<UnturnedPhoto> DecodeJpegXl(std::span<const uint8_t> file, const DecodeLimits& limits) {
  CALOTYPE_ASSIGN_OR_RETURN(UnturnedPhoto photo, DecodeTurned(file, limits, "JPEG XL"));
  CALOTYPE_ASSIGN_OR_RETURN(photo.facts, JpegXlFacts(file, limits));
  return photo;
}

// A TIFF file contains the tags of EXIF itself.
StatusOr<UnturnedPhoto> DecodeTiff(std::span<const uint8_t> file, const DecodeLimits& limits) {
  CALOTYPE_ASSIGN_OR_RETURN(UnturnedPhoto photo, DecodeTagged(file, limits, "TIFF"));
  photo.facts = ReadFactsOfFile(file, limits);
  photo.turn = photo.facts.orientation;
  photo.pages = static_cast<int>(FindTiffPages(file).size());  // libvips counts thumbnails, too
  return photo;
}

StatusOr<PhotoFacts> TaggedFacts(std::span<const uint8_t> file, const DecodeLimits& limits) {
  CALOTYPE_ASSIGN_OR_RETURN(const VipsHeader header, ReadVipsHeader(file, "photo"));
  CALOTYPE_RETURN_IF_ERROR(CheckMetadataBytes(header.metadata.bytes(), limits));
  return FactsOf(header.metadata, limits);
}

StatusOr<PhotoFacts> TiffFacts(std::span<const uint8_t> file, const DecodeLimits& limits) {
  return ReadFactsOfFile(file, limits);
}

using File = std::span<const uint8_t>;
using Limits = DecodeLimits;

template <PhotoFormat kFormat>
StatusOr<int64_t> MemoryOf(File file, const Limits& limits) {
  if (kFormat == PhotoFormat::kHeic || kFormat == PhotoFormat::kAvif) {
    CALOTYPE_RETURN_IF_ERROR(CheckHeif(file, limits));
  }
  return VipsMemory(file, limits, kFormat);
}

// RAW first: many RAW formats are TIFF files too.
constexpr std::array kFormats = {
    FormatRow{PhotoFormat::kRaw, IsRaw, nullptr, DecodeRaw, RawMemory, ReadRawFacts, {}, {}},
    FormatRow{PhotoFormat::kJpeg, IsJpeg, nullptr, DecodeJpeg, JpegMemory, ReadJpegFacts, {}, {}},
    FormatRow{PhotoFormat::kPng, IsPng, CheckPngChunks,
              [](File file, const Limits& limits) { return DecodeTagged(file, limits, "PNG"); },
              MemoryOf<PhotoFormat::kPng>, TaggedFacts, "pngload", "libvips42"},
    FormatRow{PhotoFormat::kWebp, IsWebp, CheckWebpChunks,
              [](File file, const Limits& limits) { return DecodeTagged(file, limits, "WebP"); },
              MemoryOf<PhotoFormat::kWebp>, TaggedFacts, "webpload", "libvips42"},
    FormatRow{PhotoFormat::kTiff, IsTiff, nullptr, DecodeTiff, MemoryOf<PhotoFormat::kTiff>, TiffFacts, "tiffload",
              "libvips42"},
    FormatRow{PhotoFormat::kGif, IsGif, CheckGifFrames,
              [](File file, const Limits& limits) { return DecodeTagged(file, limits, "GIF"); },
              MemoryOf<PhotoFormat::kGif>, TaggedFacts, "gifload", "libvips42"},
    FormatRow{PhotoFormat::kHeic, IsHeic, CheckHeifItems,
              [](File file, const Limits& limits) { return DecodeHeif(file, limits, "HEIC"); },
              MemoryOf<PhotoFormat::kHeic>, TaggedFacts, "heifload",
              "libvips42 with libheif and libheif-plugin-libde265"},
    FormatRow{PhotoFormat::kAvif, IsAvif, CheckHeifItems,
              [](File file, const Limits& limits) { return DecodeHeif(file, limits, "AVIF"); },
              MemoryOf<PhotoFormat::kAvif>, TaggedFacts, "heifload",
              "libvips42 with libheif and libheif-plugin-aomdec"},
    FormatRow{PhotoFormat::kJpegXl, IsJpegXl, nullptr, DecodeJpegXl, MemoryOf<PhotoFormat::kJpegXl>, JpegXlFacts,
              "jxlload", "libvips42 with libjxl"},
};

const FormatRow* RowOf(PhotoFormat format) {
  const auto row = std::ranges::find(kFormats, format, &FormatRow::format);
  return row == kFormats.end() ? nullptr : &*row;
}

}  // namespace

const FormatRow* FindFormat(std::span<const uint8_t> file) {
  const auto row = std::ranges::find_if(kFormats, [&](const FormatRow& candidate) { return candidate.sniff(file); });
  return row == kFormats.end() ? nullptr : &*row;
}

PhotoFormat SniffFormat(std::span<const uint8_t> head) {
  const FormatRow* row = FindFormat(head);
  return row == nullptr ? PhotoFormat::kUnknown : row->format;
}

bool CanDecode(PhotoFormat format) {
  const FormatRow* row = RowOf(format);
  return row != nullptr && (row->vips_loader.empty() || VipsHasLoader(row->vips_loader));
}

}  // namespace calotype
