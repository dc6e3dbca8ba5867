#include "photo/vips.h"

#include <fmt/format.h>
#include <vips/vips.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "photo/heif_colours.h"
#include "photo/icc.h"
#include "photo/limits.h"
#include "photo/pixels_in_work.h"
#include "photo/sniff.h"
#include "photo/tiff_samples.h"
#include "photo/vips_start.h"

namespace calotype {
namespace {

struct Unref {
  void operator()(VipsImage* image) const { g_object_unref(image); }
  void operator()(VipsArrayDouble* array) const { vips_area_unref(VIPS_AREA(array)); }
};
using VipsImagePtr = std::unique_ptr<VipsImage, Unref>;

struct Free {
  void operator()(void* data) const { g_free(data); }
};

// libheif and libvips report errors only as text.
template <std::size_t kCount>
bool HasAnyOf(std::string_view text, const std::array<std::string_view, kCount>& known) {
  return std::ranges::any_of(known, [&](auto one) { return text.find(one) != std::string_view::npos; });
}

bool IsMissingCodec(std::string_view text) {
  constexpr std::array<std::string_view, 2> kTexts = {"Unsupported codec", "No decoding plugin"};
  return HasAnyOf(text, kTexts);
}

bool IsLackOfMemory(std::string_view text) {
  constexpr std::array<std::string_view, 5> kTexts = {"out of memory", "Out of memory", "Memory allocation",
                                                      "Cannot allocate memory", "unable to allocate"};
  return HasAnyOf(text, kTexts);
}

Status VipsFailure(std::string_view format) {
  const std::string detail = TakeVipsError();
  if (IsLackOfMemory(detail)) {
    return absl::ResourceExhaustedError(
        fmt::format("not enough memory to decode the {} ({}; limits.decoder_memory_mb)", format, detail));
  }
  if (IsMissingCodec(detail)) {
    return absl::UnimplementedError(
        fmt::format("this kind of {} cannot be read by the libraries of this machine ({})", format, detail));
  }
  // libpng says nothing about some headers.
  return absl::InvalidArgumentError(detail.empty() ? fmt::format("the {} is broken or cut short", format)
                                                   : fmt::format("the {} is broken or cut short ({})", format, detail));
}

std::vector<uint8_t> Blob(VipsImage* image, const char* name) {
  const void* data = nullptr;
  std::size_t size = 0;
  if (vips_image_get_typeof(image, name) == 0 || vips_image_get_blob(image, name, &data, &size) != 0) {
    return {};
  }
  const auto* bytes = static_cast<const uint8_t*>(data);
  return {bytes, bytes + size};
}

// Applies a libvips operation whose last argument receives the result.
template <typename Operation>
VipsImagePtr Apply(const Operation& operation) {
  VipsImage* result = nullptr;
  return operation(&result) == 0 ? VipsImagePtr(result) : nullptr;
}

Status NoVips() { return absl::InternalError(fmt::format("libvips does not start ({})", TakeVipsError())); }

Status NotSupported(std::string_view what) {
  vips_error_clear();
  return absl::UnimplementedError(fmt::format("not supported: {}", what));
}

// The loader of each format, called by its name: a search for a loader would show the file to all of them, also to
// those that no photo is to reach (ImageMagick, PDF ...). An animated AVIF is loaded, too: it may hold a still picture.
struct Loader {
  bool (*is_format)(std::span<const uint8_t> file);
  int (*load)(void* data, std::size_t size, VipsImage** image, ...);
};

constexpr std::array kLoaders = {Loader{IsPng, vips_pngload_buffer},   Loader{IsWebp, vips_webpload_buffer},
                                 Loader{IsTiff, vips_tiffload_buffer}, Loader{IsGif, vips_gifload_buffer},
                                 Loader{IsHeic, vips_heifload_buffer}, Loader{IsAvif, vips_heifload_buffer},
                                 Loader{IsJpegXl, vips_jxlload_buffer}};

bool IsHeif(std::span<const uint8_t> file) { return IsHeic(file) || IsAvif(file); }

// libvips knows the colours of HEIC and AVIF only from an ICC profile: gives the picture one that says the same as its
// boxes.
VipsImagePtr WithHeifProfile(std::span<const uint8_t> file, VipsImagePtr image) {
  const std::vector<uint8_t> profile = vips_image_get_typeof(image.get(), VIPS_META_ICC_NAME) == 0
                                           ? ProfileOf(ReadHeifColours(file))
                                           : std::vector<uint8_t>();
  if (profile.empty()) {
    return image;
  }
  image = Apply([&](VipsImage** result) { return vips_copy(image.get(), result, nullptr); });
  if (image) {
    vips_image_set_blob_copy(image.get(), VIPS_META_ICC_NAME, profile.data(), profile.size());
  }
  return image;
}

// `options` are further ones of the loader: names and values.
template <typename... Options>
VipsImagePtr OpenPlain(std::span<const uint8_t> file, Options... options) {
  const auto* const loader = std::ranges::find_if(kLoaders, [&](const Loader& one) { return one.is_format(file); });
  VipsImagePtr image = loader == kLoaders.end() ? nullptr : Apply([&](VipsImage** result) {
    // libvips only reads the buffer, but lacks the const. A null ends the options.
    return loader->load(const_cast<uint8_t*>(file.data()), file.size(), result, "access", VIPS_ACCESS_SEQUENTIAL,
                        "fail_on", VIPS_FAIL_ON_ERROR, options..., nullptr);
  });
  if (image && image->Coding == VIPS_CODING_LABQ) {  // Lab of 8 bits in TIFF: packed, and no bands of its own
    image = Apply([&](VipsImage** result) { return vips_LabQ2Lab(image.get(), result, nullptr); });
  }
  return image && IsHeif(file) ? WithHeifProfile(file, std::move(image)) : std::move(image);
}

int LongSide(const VipsImage* image) { return std::max(image->Xsize, image->Ysize); }

// The picture, or where the format has it a smaller one that is at least `target` long: WebP is scaled when it is
// loaded, HEIC may have a thumbnail. `header` is the file as it was opened.
VipsImagePtr OpenForTarget(std::span<const uint8_t> file, VipsImagePtr header, int target) {
  VipsImagePtr smaller;
  if (IsWebp(file) && LongSide(header.get()) > target) {
    smaller = OpenPlain(file, "scale", static_cast<double>(target) / LongSide(header.get()));
  } else if (IsHeif(file)) {
    smaller = OpenPlain(file, "thumbnail", TRUE);
  }
  return smaller && LongSide(smaller.get()) >= target ? std::move(smaller) : std::move(header);
}

bool IsGrey(const VipsImage* image) {
  return image->Type == VIPS_INTERPRETATION_B_W || image->Type == VIPS_INTERPRETATION_GREY16;
}

// What the header says about the bands of a picture.
struct Bands {
  int colours = 3;         // grey 1, CMYK 4
  bool has_alpha = false;  // the band after the colours
  int total = 3;

  // Bands that mean something. The ink profiles know no transparency.
  int used() const { return colours == 4 ? colours : std::min(colours + (has_alpha ? 1 : 0), total); }
};

Bands BandsOf(VipsImage* header, std::span<const uint8_t> file) {
  Bands bands{.total = vips_image_get_bands(header)};
  bands.colours = header->Type == VIPS_INTERPRETATION_CMYK ? 4 : IsGrey(header) ? 1 : 3;
  bands.has_alpha = IsTiff(file) ? ReadTiffSamples(file).has_alpha : vips_image_hasalpha(header) != 0;
  return bands;
}

// Without a profile that fits, the numbers are taken as sRGB, and a conversion would change them slightly.
bool NeedsColourManagement(VipsImage* header, const Bands& bands) {
  const std::vector<uint8_t> profile = Blob(header, VIPS_META_ICC_NAME);
  return header->Type == VIPS_INTERPRETATION_CMYK ||
         (IccProfileFits(profile, bands.colours) && !IsSrgbProfile(profile));
}

// Opens the file and checks that its pixels can be shown. Only the header was read then.
StatusOr<VipsImagePtr> OpenHeader(std::span<const uint8_t> file, std::string_view format) {
  if (!PrepareVips()) {
    return NoVips();
  }
  vips_error_clear();  // what an earlier photo left is no reason of this one
  VipsImagePtr header = OpenPlain(file);
  const bool is_float = IsTiff(file) && ReadTiffSamples(file).is_float;
  if (is_float && (!header || IsGrey(header.get()))) {
    return NotSupported("floating-point samples");
  }
  if (!header && IsAnimatedHeif(file)) {
    return NotSupported(fmt::format("an animated {} without a still picture", format));
  }
  if (!header) {
    return VipsFailure(format);
  }
  return header;
}

// True for floating-point samples with a profile, which says what they mean. libvips takes all floating-point samples
// as linear, and applies a profile on top of that. Without a profile, linear samples are what such files usually have.
bool NeedsSixteenBits(VipsImage* header, const Bands& bands) {
  return header->Type == VIPS_INTERPRETATION_scRGB && IccProfileFits(Blob(header, VIPS_META_ICC_NAME), bands.colours);
}

// Samples from 0 to 1 become integers, those beyond are clipped.
VipsImagePtr ToSixteenBits(VipsImagePtr image) {
  constexpr double kLargest = 65535;
  image = Apply([&](VipsImage** result) { return vips_linear1(image.get(), result, kLargest, 0.5, nullptr); });
  if (image) {
    image = Apply([&](VipsImage** result) { return vips_cast_ushort(image.get(), result, nullptr); });
  }
  return !image ? nullptr : Apply([&](VipsImage** result) {
    return vips_copy(image.get(), result, "interpretation", VIPS_INTERPRETATION_RGB16, nullptr);
  });
}

// Converts with the embedded profile, or if there is none that fits, with a profile of libvips.
VipsImagePtr ToSrgb(VipsImagePtr image, const char* default_profile) {
  return Apply([&](VipsImage** result) {
    return vips_icc_transform(image.get(), result, "srgb", "embedded", TRUE, "input_profile", default_profile, nullptr);
  });
}

// Newer versions of libvips apply an embedded profile also where none is asked for, even one of other colours.
VipsImagePtr WithoutProfile(VipsImagePtr image) {
  image = Apply([&](VipsImage** result) { return vips_copy(image.get(), result, nullptr); });
  if (image) {
    vips_image_remove(image.get(), VIPS_META_ICC_NAME);
  }
  return image;
}

// Some AVIF have colours that are multiplied by alpha; libvips takes all for plain.
VipsImagePtr Unmultiplied(VipsImagePtr image) {
  const VipsBandFormat samples = image->BandFmt;
  image = Apply([&](VipsImage** result) { return vips_unpremultiply(image.get(), result, nullptr); });
  return !image ? nullptr : Apply([&](VipsImage** result) { return vips_cast(image.get(), result, samples, nullptr); });
}

// Without the bands that mean nothing. Upright() applies the orientation tag, for all formats alike.
VipsImagePtr Thumbnail(VipsImagePtr image, const Bands& bands, int target, bool manage_colour) {
  if (bands.used() != bands.total) {
    image = Apply(
        [&](VipsImage** result) { return vips_extract_band(image.get(), result, 0, "n", bands.used(), nullptr); });
  }
  if (image && bands.colours == 4) {
    // vips_thumbnail_image() takes its own profile of inks, and not the embedded one.
    image = ToSrgb(std::move(image), "cmyk");
    manage_colour = false;
  }
  return !image ? nullptr : Apply([&](VipsImage** result) {
    return vips_thumbnail_image(image.get(), result, target, "height", target, "size", VIPS_SIZE_DOWN, "no_rotate",
                                TRUE, manage_colour ? "export_profile" : nullptr, "srgb", nullptr);
  });
}

// Converts any depth to 8 bits, and grey to sRGB. An alpha band stays.
VipsImagePtr ToEightBitSrgb(VipsImagePtr image) {
  image = Apply(
      [&](VipsImage** result) { return vips_colourspace(image.get(), result, VIPS_INTERPRETATION_sRGB, nullptr); });
  if (image && image->BandFmt != VIPS_FORMAT_UCHAR) {
    image = Apply([&](VipsImage** result) { return vips_cast_uchar(image.get(), result, nullptr); });
  }
  return image;
}

// The background on which the content stands out: white, or dark grey if most of what is visible is nearly white and
// enough is transparent. `rgba` is in memory.
double BackgroundFor(VipsImage* rgba) {
  constexpr int kNearlyWhite = 224;
  constexpr double kDarkGrey = 64;
  constexpr double kWhite = 255;
  constexpr double kMostly = 0.6;
  constexpr double kEnough = 0.1;
  const auto pixels = static_cast<std::size_t>(rgba->Xsize) * static_cast<std::size_t>(rgba->Ysize);
  const std::span<const uint8_t> samples(VIPS_IMAGE_ADDR(rgba, 0, 0), pixels * 4);
  int64_t visible = 0;
  int64_t nearly_white = 0;
  for (std::size_t i = 0; i < samples.size(); i += 4) {
    const int alpha = samples[i + 3];
    visible += alpha;
    nearly_white += std::min({samples[i], samples[i + 1], samples[i + 2]}) >= kNearlyWhite ? alpha : 0;
  }
  const auto all = static_cast<double>(pixels) * kWhite;
  const bool is_white = static_cast<double>(nearly_white) > kMostly * static_cast<double>(visible);
  return is_white && all - static_cast<double>(visible) > kEnough * all ? kDarkGrey : kWhite;
}

VipsImagePtr Flatten(VipsImagePtr image) {
  image.reset(vips_image_copy_memory(image.get()));
  if (!image || image->Bands != 4) {
    return image;
  }
  const std::unique_ptr<VipsArrayDouble, Unref> colour(vips_array_double_newv(1, BackgroundFor(image.get())));
  return Apply(
      [&](VipsImage** result) { return vips_flatten(image.get(), result, "background", colour.get(), nullptr); });
}

VipsImagePtr WithoutAlpha(VipsImagePtr image) {
  return Apply(
      [&](VipsImage** result) { return vips_extract_band(image.get(), result, 0, "n", Image::kChannels, nullptr); });
}

StatusOr<Image> ToImage(VipsImage* image, std::string_view format) {
  std::size_t size = 0;
  const std::unique_ptr<void, Free> pixels(vips_image_write_to_memory(image, &size));
  if (!pixels) {
    return VipsFailure(format);
  }
  Image copy(vips_image_get_width(image), vips_image_get_height(image));
  if (size != copy.pixels().size()) {
    return absl::InternalError(
        fmt::format("libvips made {} bytes of a {} of {}x{} pixels", size, format, copy.width(), copy.height()));
  }
  std::memcpy(copy.pixels().data(), pixels.get(), size);
  return copy;
}

// libvips names the text chunks of PNG "png-comment-0-Title", with the number in the file before the keyword.
void* AddText(VipsImage* /*image*/, const char* field, GValue* value, void* texts) {
  constexpr std::string_view kPrefix = "png-comment-";
  const std::string_view name(field);
  const std::size_t dash = name.starts_with(kPrefix) ? name.find('-', kPrefix.size()) : std::string_view::npos;
  const std::string_view keyword = dash == std::string_view::npos ? std::string_view() : name.substr(dash + 1);
  const char* const text = IsFactsKeyword(keyword) ? vips_value_get_ref_string(value, nullptr) : nullptr;
  if (text != nullptr) {
    static_cast<std::vector<PngText>*>(texts)->push_back({.keyword = std::string(keyword), .text = text});
  }
  return nullptr;
}

VipsMetadata MetadataOf(VipsImage* header) {
  VipsMetadata metadata{.exif = Blob(header, VIPS_META_EXIF_NAME),
                        .xmp = Blob(header, VIPS_META_XMP_NAME),
                        .texts = {},
                        .profile_bytes = static_cast<int64_t>(Blob(header, VIPS_META_ICC_NAME).size())};
  vips_image_map(header, AddText, &metadata.texts);
  return metadata;
}

StatusOr<VipsHeader> HeaderOf(VipsImage* header, std::string_view format) {
  int interlaced = 0;
  if (vips_image_get_typeof(header, "interlaced") != 0 && vips_image_get_int(header, "interlaced", &interlaced) != 0) {
    return VipsFailure(format);
  }
  return VipsHeader{.width = vips_image_get_width(header),
                    .height = vips_image_get_page_height(header),
                    .bands = vips_image_get_bands(header),
                    .sample_bytes = static_cast<int>(vips_format_sizeof(vips_image_get_format(header))),
                    .is_interlaced = interlaced != 0,
                    .metadata = MetadataOf(header)};
}

}  // namespace

int64_t VipsMetadata::bytes() const {
  int64_t bytes = static_cast<int64_t>(exif.size() + xmp.size()) + profile_bytes;
  for (const PngText& text : texts) {
    bytes += static_cast<int64_t>(text.keyword.size() + text.text.size());
  }
  return bytes;
}

Status CheckVipsHeader(const VipsHeader& header, std::size_t bytes, const DecodeLimits& limits) {
  CALOTYPE_RETURN_IF_ERROR(CheckPixels(header.width, header.height, limits));
  CALOTYPE_RETURN_IF_ERROR(CheckWork(int64_t{header.width} * header.height * header.bands, bytes, limits));
  return CheckMetadataBytes(header.metadata.bytes(), limits);
}

bool VipsHasLoader(std::string_view loader) {
  return PrepareVips() && vips_type_find("VipsForeignLoad", fmt::format("{}_buffer", loader).c_str()) != 0;
}

StatusOr<VipsHeader> ReadVipsHeader(std::span<const uint8_t> file, std::string_view format) {
  CALOTYPE_ASSIGN_OR_RETURN(const VipsImagePtr header, OpenHeader(file, format));
  return HeaderOf(header.get(), format);
}

StatusOr<VipsPicture> DecodeWithVips(std::span<const uint8_t> file, const DecodeLimits& limits,
                                     std::string_view format) {
  CALOTYPE_ASSIGN_OR_RETURN(VipsImagePtr header, OpenHeader(file, format));
  CALOTYPE_ASSIGN_OR_RETURN(VipsHeader known, HeaderOf(header.get(), format));
  CALOTYPE_RETURN_IF_ERROR(CheckVipsHeader(known, file.size(), limits));
  VipsPicture picture{.image = {},
                      .width = known.width,
                      .height = known.height,
                      .metadata = std::move(known.metadata),
                      .pages = vips_image_get_n_pages(header.get())};
  const PixelsInWork pixels_in_work;
  const int target = TargetLongSide(picture.width, picture.height, limits);
  const Bands bands = BandsOf(header.get(), file);
  const bool manage_colour = (!limits.as_stored || bands.colours == 4) && NeedsColourManagement(header.get(), bands);
  const bool to_integers = NeedsSixteenBits(header.get(), bands);
  if (to_integers) {
    header = ToSixteenBits(std::move(header));
    if (!header) {
      return VipsFailure(format);
    }
  }
  header = OpenForTarget(file, std::move(header), target);
  if (!manage_colour) {
    header = WithoutProfile(std::move(header));
    if (!header) {
      return VipsFailure(format);
    }
  }
  if (bands.has_alpha && IsHeif(file) && ReadHeifColours(file).is_premultiplied) {
    header = Unmultiplied(std::move(header));
    if (!header) {
      return VipsFailure(format);
    }
  }
  VipsImagePtr pixels = Thumbnail(std::move(header), bands, target, manage_colour);
  if (pixels) {
    pixels = ToEightBitSrgb(std::move(pixels));
  }
  if (pixels && vips_image_hasalpha(pixels.get())) {
    pixels = limits.as_stored ? WithoutAlpha(std::move(pixels)) : Flatten(std::move(pixels));
  }
  if (!pixels) {
    return VipsFailure(format);
  }
  CALOTYPE_ASSIGN_OR_RETURN(picture.image, ToImage(pixels.get(), format));
  return picture;
}

StatusOr<Image> ConvertToSrgb(std::span<const uint8_t> pixels, int width, int height, int channels,
                              std::span<const uint8_t> profile) {
  if (!PrepareVips()) {
    return NoVips();
  }
  VipsImagePtr image(
      vips_image_new_from_memory(pixels.data(), pixels.size(), width, height, channels, VIPS_FORMAT_UCHAR));
  if (!image) {
    return VipsFailure("picture");
  }
  image->Type = channels == 1   ? VIPS_INTERPRETATION_B_W
                : channels == 4 ? VIPS_INTERPRETATION_CMYK
                                : VIPS_INTERPRETATION_sRGB;
  if (!profile.empty()) {
    vips_image_set_blob_copy(image.get(), VIPS_META_ICC_NAME, profile.data(), profile.size());
  }
  image = ToSrgb(std::move(image), channels == 4 ? "cmyk" : "srgb");
  if (!image) {
    return VipsFailure("colour profile");
  }
  return ToImage(image.get(), "picture");
}

StatusOr<Image> ShrinkWithVips(Image image, int target_long_side) {
  if (std::max(image.width(), image.height()) <= target_long_side) {
    return image;
  }
  if (!PrepareVips()) {
    return NoVips();
  }
  const VipsImagePtr whole(vips_image_new_from_memory(image.pixels().data(), image.pixels().size(), image.width(),
                                                      image.height(), Image::kChannels, VIPS_FORMAT_UCHAR));
  const VipsImagePtr small = !whole ? nullptr : Apply([&](VipsImage** result) {
    return vips_thumbnail_image(whole.get(), result, target_long_side, "height", target_long_side, "size",
                                VIPS_SIZE_DOWN, nullptr);
  });
  if (!small) {
    return VipsFailure("picture");
  }
  return ToImage(small.get(), "picture");
}

StatusOr<std::vector<uint8_t>> EncodeWithVips(const Image& image, PhotoFormat format, int quality) {
  if (!PrepareVips()) {
    return NoVips();
  }
  const bool is_avif = format == PhotoFormat::kAvif;
  const VipsImagePtr whole(vips_image_new_from_memory(image.pixels().data(), image.pixels().size(), image.width(),
                                                      image.height(), Image::kChannels, VIPS_FORMAT_UCHAR));
  const VipsImagePtr picture = !whole ? nullptr : Apply([&](VipsImage** result) {
    return vips_copy(whole.get(), result, "interpretation", VIPS_INTERPRETATION_sRGB, nullptr);
  });
  void* data = nullptr;
  std::size_t size = 0;
  // The effort of each is the lowest that does not make files much larger: somebody waits.
  const int failed =
      !picture  ? 1
      : is_avif ? vips_heifsave_buffer(picture.get(), &data, &size, "Q", quality, "compression",
                                       VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "effort", 1, "strip", TRUE, nullptr)
                : vips_webpsave_buffer(picture.get(), &data, &size, "Q", quality, "effort", 2, "strip", TRUE, nullptr);
  const std::unique_ptr<void, Free> owner(data);
  if (failed != 0) {
    return NotSupported(fmt::format("writing {} ({})", FormatName(format), TakeVipsError()));
  }
  const auto* bytes = static_cast<const uint8_t*>(data);
  return std::vector<uint8_t>(bytes, bytes + size);
}

}  // namespace calotype
