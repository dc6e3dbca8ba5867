#include "photo/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <exiv2/exiv2.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "photo/exif_limits.h"
#include "photo/facts_text.h"
#include "photo/metadata.h"
#include "photo/time_zone.h"
#include "photo/xmp_facts.h"
#include "photo/xmp_limits.h"

namespace calotype {
namespace {

using namespace std::string_view_literals;

const Exiv2::Value* Find(const Exiv2::ExifData& exif, const char* key) {
  const auto found = exif.findKey(Exiv2::ExifKey(key));
  return found == exif.end() || found->count() == 0 ? nullptr : &found->value();
}

std::string Text(const Exiv2::ExifData& exif, const char* key) {
  const Exiv2::Value* value = Find(exif, key);
  return value == nullptr ? std::string() : value->toString();
}

std::string Text(const Exiv2::XmpData& xmp, const char* key) {
  const auto found = xmp.findKey(Exiv2::XmpKey(key));
  return found == xmp.end() ? std::string() : found->toString();
}

// Date tags with the tags that refine them (EXIF 2.31, 4.6.5 F); the time of the exposure comes first.
struct DateKeys {
  const char* date;
  const char* subsecond;
  const char* offset;
};
constexpr std::array<DateKeys, 3> kExifDates = {{
    {"Exif.Photo.DateTimeOriginal", "Exif.Photo.SubSecTimeOriginal", "Exif.Photo.OffsetTimeOriginal"},
    {"Exif.Photo.DateTimeDigitized", "Exif.Photo.SubSecTimeDigitized", "Exif.Photo.OffsetTimeDigitized"},
    {"Exif.Image.DateTime", "Exif.Photo.SubSecTime", "Exif.Photo.OffsetTime"},
}};
constexpr std::array kXmpDates = {"Xmp.exif.DateTimeOriginal", "Xmp.photoshop.DateCreated", "Xmp.xmp.CreateDate"};

std::string TakenAt(const Exiv2::ExifData& exif) {
  for (const DateKeys& keys : kExifDates) {
    std::string taken = IsoFromExif(Text(exif, keys.date), Text(exif, keys.subsecond), Text(exif, keys.offset));
    if (!taken.empty()) {
      return taken;
    }
  }
  return {};
}

std::string TakenAt(const Exiv2::XmpData& xmp) {
  for (const char* key : kXmpDates) {
    std::string taken = IsoFromXmp(Text(xmp, key));
    if (!taken.empty()) {
      return taken;
    }
  }
  return {};
}

// LensModel; before EXIF 2.3, makers stored the lens in their own notes, mostly as a number for which exiv2 has names.
std::string Lens(const Exiv2::ExifData& exif) {
  std::string lens = CleanText(Text(exif, "Exif.Photo.LensModel"));
  if (!lens.empty()) {
    return lens;
  }
  const auto found = Exiv2::lensName(exif);
  lens = found == exif.end() ? std::string() : CleanText(found->print(&exif));
  const bool name = lens.find_first_of("abcdefghijklmnopqrstuvwxyz") != std::string::npos && lens.front() != '(' &&
                    lens != "n/a" && !lens.starts_with("Unknown");
  return name ? lens : std::string();
}

int Orientation(const Exiv2::ExifData& exif) {
  const Exiv2::Value* value = Find(exif, "Exif.Image.Orientation");
  const Exiv2::Rational number = value == nullptr ? Exiv2::Rational(1, 1) : value->toRational(0);
  return number.first >= 1 && number.first <= 8 ? static_cast<int>(number.first) : 1;
}

// A tag that Windows writes.
std::optional<int> Stars(const Exiv2::ExifData& exif) {
  const Exiv2::Value* const value = Find(exif, "Exif.Image.Rating");
  const auto stars = value == nullptr ? 0 : value->toRational(0).first;
  return stars >= 1 && stars <= 5 ? std::optional(static_cast<int>(stars)) : std::nullopt;
}

// Some cameras write their name, or blanks, as the description.
std::string Description(const Exiv2::ExifData& exif) {
  std::string text = CleanText(Text(exif, "Exif.Image.ImageDescription"));
  constexpr std::array kNothing = {"OLYMPUS DIGITAL CAMERA"sv, "SONY DSC"sv, "DIGITAL CAMERA"sv, "default"sv};
  return std::ranges::find(kNothing, text) == kNothing.end() ? text : std::string();
}

// Degrees, minutes and seconds. Some programs write signed rationals, or only the degrees with a fraction.
std::optional<double> Coordinate(const Exiv2::ExifData& exif, const char* key, const char* reference_key,
                                 std::string_view references) {
  const Exiv2::Value* value = Find(exif, key);
  const std::string reference = Text(exif, reference_key);
  if (value == nullptr || (value->typeId() != Exiv2::unsignedRational && value->typeId() != Exiv2::signedRational) ||
      reference.empty() || references.find(reference.front()) == std::string_view::npos) {
    return std::nullopt;
  }
  std::array<Rational, 3> parts = {{{0, 1}, {0, 1}, {0, 1}}};
  const auto count = std::min<std::size_t>(parts.size(), static_cast<std::size_t>(value->count()));
  for (std::size_t i = 0; i < count; ++i) {
    parts[i] = value->toRational(static_cast<long>(i));  // NOLINT(google-runtime-int): exiv2's type
  }
  return Degrees(parts, reference.front());
}

std::optional<double> Altitude(const Exiv2::ExifData& exif) {
  const Exiv2::Value* value = Find(exif, "Exif.GPSInfo.GPSAltitude");
  const Exiv2::Rational metres = value == nullptr ? Exiv2::Rational(0, 0) : value->toRational(0);
  if (metres.second == 0) {
    return std::nullopt;
  }
  const double altitude = static_cast<double>(metres.first) / metres.second;
  return Text(exif, "Exif.GPSInfo.GPSAltitudeRef") == "1" ? -altitude : altitude;
}

std::optional<GpsPosition> Gps(const Exiv2::ExifData& exif) {
  const auto latitude = Coordinate(exif, "Exif.GPSInfo.GPSLatitude", "Exif.GPSInfo.GPSLatitudeRef", "NS");
  const auto longitude = Coordinate(exif, "Exif.GPSInfo.GPSLongitude", "Exif.GPSInfo.GPSLongitudeRef", "EW");
  if (!latitude || !longitude || (*latitude == 0 && *longitude == 0)) {
    return std::nullopt;
  }
  return GpsPosition{.latitude = *latitude, .longitude = *longitude, .altitude = Altitude(exif)};
}

// "2024:05:01" and 10, 34, 56: what the satellites said, in UTC.
std::optional<int64_t> GpsTime(const Exiv2::ExifData& exif) {
  const Exiv2::Value* const time = Find(exif, "Exif.GPSInfo.GPSTimeStamp");
  if (time == nullptr || time->typeId() != Exiv2::unsignedRational || time->count() < 3) {
    return std::nullopt;
  }
  std::array<int64_t, 3> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Exiv2::Rational part = time->toRational(static_cast<long>(i));  // NOLINT(google-runtime-int): exiv2's type
    if (part.second == 0) {
      return std::nullopt;
    }
    parts[i] = part.first / part.second;
  }
  const std::string day = Text(exif, "Exif.GPSInfo.GPSDateStamp");
  return UtcOf(
      IsoFromExif(fmt::format("{} {:02}:{:02}:{:02}", day.substr(0, 10), parts[0], parts[1], parts[2]), "", ""),
      "+00:00");
}

// A date that is there but is none. Zeros and blanks state that it is unknown (EXIF 2.3, 4.6.5 D).
bool StatesDate(const std::string& text) { return text.find_first_not_of(": \0-+0TZ"sv) != std::string::npos; }

bool HasPosition(const Exiv2::ExifData& exif) {
  const Exiv2::Value* const latitude = Find(exif, "Exif.GPSInfo.GPSLatitude");
  const Exiv2::Value* const longitude = Find(exif, "Exif.GPSInfo.GPSLongitude");
  // Receivers without satellites write zeros.
  const auto is_set = [](const Exiv2::Value* value) {
    for (std::size_t i = 0; value != nullptr && i < static_cast<std::size_t>(value->count()); ++i) {
      if (value->toRational(static_cast<long>(i)).first != 0) {  // NOLINT(google-runtime-int): exiv2's type
        return true;
      }
    }
    return false;
  };
  return is_set(latitude) || is_set(longitude);
}

void AddUnreadableExif(const Exiv2::ExifData& exif, PhotoFacts& facts) {
  const bool has_date =
      std::ranges::any_of(kExifDates, [&](const DateKeys& keys) { return StatesDate(Text(exif, keys.date)); });
  if (facts.taken_at.empty() && has_date) {
    AddUnreadable("date", facts);
  }
  if (!facts.gps && HasPosition(exif)) {
    AddUnreadable("position", facts);
  }
}

void AddXmp(const Exiv2::XmpData& xmp, PhotoFacts& facts) {
  if (facts.taken_at.empty()) {
    TryFact(facts.taken_at, [&] { return TakenAt(xmp); });
  }
  if (facts.camera.empty()) {
    TryFact(facts.camera, [&] { return CameraName(Text(xmp, "Xmp.tiff.Make"), Text(xmp, "Xmp.tiff.Model")); });
  }
  if (facts.lens.empty()) {
    TryFact(facts.lens, [&] { return CleanText(Text(xmp, "Xmp.aux.Lens")); });
  }
  AddXmpFacts(xmp, facts);
  const bool has_date = std::ranges::any_of(kXmpDates, [&](const char* key) { return StatesDate(Text(xmp, key)); });
  if (facts.taken_at.empty() && has_date) {
    AddUnreadable("date", facts);
  }
}

PhotoFacts FactsOf(const Exiv2::ExifData& exif, const Exiv2::IptcData& iptc, const Exiv2::XmpData& xmp) {
  PhotoFacts facts;
  TryFact(facts.taken_at, [&] { return TakenAt(exif); });
  TryFact(facts.camera, [&] { return CameraName(Text(exif, "Exif.Image.Make"), Text(exif, "Exif.Image.Model")); });
  TryFact(facts.lens, [&] { return Lens(exif); });
  TryFact(facts.orientation, [&] { return Orientation(exif); });
  TryFact(facts.gps, [&] { return Gps(exif); });
  TryFact(facts.gps_time, [&] { return GpsTime(exif); });
  AddXmp(xmp, facts);
  AddIptcFacts(iptc, facts);
  if (facts.description.empty()) {
    TryFact(facts.description, [&] { return Description(exif); });
  }
  if (!facts.rating) {
    TryFact(facts.rating, [&] { return Stars(exif); });
  }
  AddUnreadableExif(exif, facts);
  return facts;
}

// Calls exiv2's function, which takes pointers to `header` and `size` before version 0.28, and references since.
template <typename Locate>
int LocateIptc(Locate* locate, std::span<const uint8_t> photoshop, const Exiv2::byte*& record, uint32_t& header,
               uint32_t& size) {
  using Length = long;  // NOLINT(google-runtime-int): exiv2's type before version 0.28
  if constexpr (std::is_invocable_v<Locate, const Exiv2::byte*, Length, const Exiv2::byte**, uint32_t*, uint32_t*>) {
    return locate(photoshop.data(), static_cast<Length>(photoshop.size()), &record, &header, &size);
  } else {
    return locate(photoshop.data(), photoshop.size(), &record, header, size);
  }
}

// False if the block is broken; what was read before the broken part is in `iptc`.
bool ReadIptc(std::span<const uint8_t> photoshop, Exiv2::IptcData& iptc) {
  const Exiv2::byte* record = nullptr;
  uint32_t header = 0;
  uint32_t size = 0;
  const bool has_record =
      LocateIptc(&Exiv2::Photoshop::locateIptcIrb, photoshop, record, header, size) == 0 && size > 0;
  return !has_record || Exiv2::IptcParser::decode(iptc, record + header, size) == 0;
}

void AddOverLimit(std::string_view block, const Status& status, PhotoFacts& facts) {
  if (!status.ok()) {
    AddUnreadable(fmt::format("{}: {}", block, Message(status)), facts);
  }
}

}  // namespace

void AddUnreadable(std::string_view kind, PhotoFacts& facts) {
  if (std::ranges::find(facts.unreadable, kind) == facts.unreadable.end()) {
    facts.unreadable.emplace_back(kind);
  }
}

PhotoFacts ReadFacts(const MetadataBlocks& blocks, const DecodeLimits& limits) {
  PrepareExiv2();
  Exiv2::ExifData exif_data;
  Exiv2::IptcData iptc_data;
  Exiv2::XmpData xmp_data;
  // What was read before the broken part stays.
  const auto is_readable = [](std::span<const uint8_t> bytes, const auto& read) {
    try {
      return bytes.empty() || read();
    } catch (const std::exception&) {
      return false;
    }
  };
  const CheckedExif exif = CheckExif(WithoutExifMark(blocks.exif), limits);
  const bool exif_is_readable = is_readable(exif.bytes, [&] {
    return Exiv2::ExifParser::decode(exif_data, exif.bytes.data(), static_cast<uint32_t>(exif.bytes.size())) !=
           Exiv2::invalidByteOrder;
  });
  const std::string_view packet(reinterpret_cast<const char*>(blocks.xmp.data()), blocks.xmp.size());
  const Status xmp = CheckXmp(packet, limits);
  const bool xmp_is_readable = !xmp.ok() || is_readable(blocks.xmp, [&] {
    return Exiv2::XmpParser::decode(xmp_data, std::string(packet)) == 0;
  });
  const bool iptc_is_readable = is_readable(blocks.photoshop, [&] { return ReadIptc(blocks.photoshop, iptc_data); });
  PhotoFacts facts = FactsOf(exif_data, iptc_data, xmp_data);
  for (const auto& [readable, name] :
       {std::pair(exif_is_readable, "EXIF"), {xmp_is_readable, "XMP"}, {iptc_is_readable, "IPTC"}}) {
    if (!readable) {
      AddUnreadable(name, facts);
    }
  }
  AddOverLimit("EXIF", exif.exif, facts);
  AddOverLimit("XMP", exif.xmp, facts);
  AddOverLimit("XMP", xmp, facts);
  return facts;
}

PhotoFacts ReadFactsOfFile(std::span<const uint8_t> file, const DecodeLimits& limits) {
  PrepareExiv2();
  const CheckedExif checked = CheckExif(file, limits);
  PhotoFacts facts;
  try {
    const auto size = static_cast<long>(checked.bytes.size());  // NOLINT(google-runtime-int): exiv2's type
    const auto image = Exiv2::ImageFactory::open(checked.bytes.data(), size);
    image->readMetadata();
    facts = FactsOf(image->exifData(), image->iptcData(), image->xmpData());
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): a photo without facts is still a photo
  }
  AddOverLimit("EXIF", checked.exif, facts);
  AddOverLimit("XMP", checked.xmp, facts);
  return facts;
}

StatusOr<PhotoFacts> FactsFromXmp(std::span<const uint8_t> xmp, int orientation, const DecodeLimits& limits) {
  CALOTYPE_ASSIGN_OR_RETURN(const Exiv2::XmpData data,
                            DecodeXmp({reinterpret_cast<const char*>(xmp.data()), xmp.size()}, limits));
  PhotoFacts facts;
  facts.orientation = orientation;
  AddXmp(data, facts);
  return facts;
}

PhotoFacts FactsFromExif(std::span<const uint8_t> exif) { return ReadFacts({.exif = exif}, {}); }

}  // namespace calotype
