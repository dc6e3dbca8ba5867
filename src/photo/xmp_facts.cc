#include "photo/xmp_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "photo/facts_text.h"
#include "photo/orient.h"
#include "photo/xmp_keywords.h"
#include "photo/xmp_limits.h"

namespace calotype {
namespace {

// More than any photo has; keeps hostile files from filling the catalogue.
constexpr std::size_t kMaxRegions = 1000;

const Exiv2::Value* Find(const Exiv2::XmpData& xmp, const char* key) {
  const auto found = xmp.findKey(Exiv2::XmpKey(key));
  return found == xmp.end() || found->count() == 0 ? nullptr : &found->value();
}

// Returns the text. When there are several languages: the default one, else the first.
std::string Text(const Exiv2::XmpData& xmp, const char* key) {
  const Exiv2::Value* const value = Find(xmp, key);
  if (value == nullptr) {
    return {};
  }
  const auto* const languages = dynamic_cast<const Exiv2::LangAltValue*>(value);
  if (languages == nullptr) {
    return CleanText(value->toString());
  }
  const auto usual = languages->value_.find("x-default");
  return languages->value_.empty()
             ? std::string()
             : CleanText(usual == languages->value_.end() ? languages->value_.begin()->second : usual->second);
}

std::optional<double> Number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size() && std::isfinite(number);
  return whole ? std::optional(number) : std::nullopt;
}

std::optional<int> Rating(const Exiv2::XmpData& xmp) {
  const auto stars = Number(Text(xmp, "Xmp.xmp.Rating"));
  const bool known = stars && *stars >= -1 && *stars <= 5;
  return known ? std::optional(static_cast<int>(std::lround(*stars))) : std::nullopt;
}

// Parses a coordinate of XMP, such as "48,12,30N" or "48,12.5N". Apple Photos writes decimal degrees ("48.5") and the
// reference as a property of its own.
std::optional<double> Coordinate(std::string text, std::string_view reference) {
  constexpr std::string_view kReferences = "NSEW";
  if (!text.empty() && kReferences.find(text.back()) == std::string_view::npos && !reference.empty()) {
    text += reference.front();
  }
  if (text.size() < 2) {
    return std::nullopt;
  }
  std::string_view rest = std::string_view(text).substr(0, text.size() - 1);
  constexpr int64_t kParts = 1'000'000;  // of a degree, a minute, a second
  std::array<Rational, 3> parts = {{{0, kParts}, {0, kParts}, {0, kParts}}};
  for (Rational& part : parts) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const auto number = end == 0 ? std::optional(0.0) : Number(rest.substr(0, end));
    if (!number || std::abs(*number) > 1000) {
      return std::nullopt;
    }
    part.first = std::llround(*number * kParts);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return Degrees(parts, text.back());
}

std::optional<GpsPosition> Position(const Exiv2::XmpData& xmp) {
  const auto latitude = Coordinate(Text(xmp, "Xmp.exif.GPSLatitude"), Text(xmp, "Xmp.exif.GPSLatitudeRef"));
  const auto longitude = Coordinate(Text(xmp, "Xmp.exif.GPSLongitude"), Text(xmp, "Xmp.exif.GPSLongitudeRef"));
  if (!latitude || !longitude || (*latitude == 0 && *longitude == 0)) {
    return std::nullopt;
  }
  return GpsPosition{.latitude = *latitude, .longitude = *longitude, .altitude = std::nullopt};
}

// The members of each entry in a list of structures, by the number of the entry.
using Entries = std::map<int, std::map<std::string, std::string>>;

// Of "Xmp.mwg-rs.Regions/mwg-rs:RegionList[3]/mwg-rs:Area/stArea:x" with the list up to "[": entry 3, member "x".
Entries ReadList(const Exiv2::XmpData& xmp, std::string_view list) {
  Entries entries;
  for (const Exiv2::Xmpdatum& datum : xmp) {
    const std::string key = datum.key();
    if (!key.starts_with(list)) {
      continue;
    }
    const std::size_t close = key.find(']', list.size());
    const std::size_t member = key.find_last_of(':');
    int number = 0;
    if (close != std::string::npos && member > close && member != std::string::npos &&
        std::from_chars(key.data() + list.size(), key.data() + close, number).ptr == key.data() + close &&
        entries.size() <= kMaxRegions) {
      entries[number][key.substr(member + 1)] = datum.toString();
    }
  }
  return entries;
}

// Clips `box` to the photo, whose sides are 1. Programs round, and people draw a box around half a head at the edge:
// the name is worth keeping. nullopt if the box is not finite, or nothing of it is inside.
std::optional<Box> InsidePhoto(const Box& box) {
  const float left = std::max(box.x, 0.0F);
  const float top = std::max(box.y, 0.0F);
  const float right = std::min(box.x + box.width, 1.0F);
  const float bottom = std::min(box.y + box.height, 1.0F);
  const bool finite =
      std::isfinite(box.x) && std::isfinite(box.y) && std::isfinite(box.width) && std::isfinite(box.height);
  if (!finite || right <= left || bottom <= top) {
    return std::nullopt;
  }
  return Box{.x = left, .y = top, .width = right - left, .height = bottom - top};
}

struct FoundRegions {
  std::vector<NamedRegion> regions;
  bool some_unusable = false;  // a named region without a box inside the photo
};

void AddRegion(FoundRegions& found, std::string_view name, const Box& stored, int orientation) {
  std::string clean = CleanText(name);
  if (clean.empty()) {
    return;
  }
  const std::optional<Box> inside = InsidePhoto(stored);
  found.some_unusable = found.some_unusable || !inside;
  if (inside && found.regions.size() < kMaxRegions) {
    found.regions.push_back({.name = std::move(clean), .box = UprightPart(*inside, orientation)});
  }
}

float Float(const std::map<std::string, std::string>& members, const char* name) {
  const auto found = members.find(name);
  return found == members.end() ? NAN : static_cast<float>(Number(found->second).value_or(NAN));
}

std::string Member(const std::map<std::string, std::string>& members, const char* name) {
  const auto found = members.find(name);
  return found == members.end() ? std::string() : found->second;
}

// Metadata Working Group, "Guidelines for Handling Metadata" 2.0, 5.9: x and y are the middle.
void AddMwgRegions(const Exiv2::XmpData& xmp, int orientation, FoundRegions& found) {
  for (const auto& [number, members] : ReadList(xmp, "Xmp.mwg-rs.Regions/mwg-rs:RegionList[")) {
    const std::string type = Member(members, "Type");
    const std::string unit = Member(members, "unit");
    Box box{.width = Float(members, "w"), .height = Float(members, "h")};
    box.x = Float(members, "x") - box.width / 2;
    box.y = Float(members, "y") - box.height / 2;
    if ((type.empty() || type == "Face") && (unit.empty() || unit == "normalized")) {
      AddRegion(found, Member(members, "Name"), box, orientation);
    }
  }
}

// Windows Photo Gallery and its successors.
void AddMicrosoftRegions(const Exiv2::XmpData& xmp, int orientation, FoundRegions& found) {
  for (const auto& [number, members] : ReadList(xmp, "Xmp.MP.RegionInfo/MPRI:Regions[")) {
    AddRegion(found, Member(members, "PersonDisplayName"), BoxOfRectangle(Member(members, "Rectangle")), orientation);
  }
}

// Programs that write both forms write both for each face, others know one form only: of two at one place, MWG's
// counts.
FoundRegions Regions(const Exiv2::XmpData& xmp, int orientation) {
  FoundRegions found;
  AddMwgRegions(xmp, orientation, found);
  FoundRegions others;
  AddMicrosoftRegions(xmp, orientation, others);
  found.some_unusable = found.some_unusable || (found.regions.empty() && others.some_unusable);
  const std::size_t count = found.regions.size();
  for (NamedRegion& other : others.regions) {
    const auto is_same = [&other](const NamedRegion& one) {
      return IntersectionOverUnion(one.box, other.box) >= kSamePlace;
    };
    if (std::none_of(found.regions.begin(), found.regions.begin() + static_cast<std::ptrdiff_t>(count), is_same)) {
      found.regions.push_back(std::move(other));
    }
  }
  return found;
}

std::string Text(const Exiv2::IptcData& iptc, const char* key) {
  const auto found = iptc.findKey(Exiv2::IptcKey(key));
  return found == iptc.end() ? std::string() : CleanText(found->toString());
}

std::vector<std::string> Keywords(const Exiv2::IptcData& iptc) {
  std::vector<std::string> keywords;
  for (const Exiv2::Iptcdatum& datum : iptc) {
    if (datum.key() == "Iptc.Application2.Keywords") {
      AddKeyword(datum.toString(), keywords);
    }
  }
  return keywords;
}

// Sets `fact` if it is not known yet.
template <typename Fact, typename Read>
void Complete(Fact& fact, const Read& read) {
  if (fact == Fact()) {
    TryFact(fact, read);
  }
}

}  // namespace

// exiv2 writes to stderr, and its XMP toolkit exists once per process: both are set up once, before anything is read.
void PrepareExiv2() {
  static std::recursive_mutex xmp_mutex;
  static const bool kPrepared = [] {
    Exiv2::LogMsg::setLevel(Exiv2::LogMsg::mute);
    const bool initialized = Exiv2::XmpParser::initialize(
        [](void* mutex, bool lock) {
          auto* held = static_cast<std::recursive_mutex*>(mutex);
          lock ? held->lock() : held->unlock();
        },
        &xmp_mutex);
    Exiv2::XmpProperties::registerNs(kCalotypeNamespace, "calotype");
    return initialized;
  }();
  static_cast<void>(kPrepared);  // Without the toolkit there is no XMP, and the rest is still read.
}

Box BoxOfRectangle(std::string_view text) {
  std::array<float, 4> sides{};
  for (float& side : sides) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::size_t end = std::min(text.find(','), text.size());
    side = static_cast<float>(Number(text.substr(0, end)).value_or(NAN));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {.x = sides[0], .y = sides[1], .width = sides[2], .height = sides[3]};
}

StatusOr<Exiv2::XmpData> DecodeXmp(std::string_view packet, const DecodeLimits& limits) {
  PrepareExiv2();
  CALOTYPE_RETURN_IF_ERROR(CheckXmp(packet, limits));
  // The toolkit accepts any text as a packet without properties.
  if (packet.find(":RDF") == std::string_view::npos) {
    return absl::InvalidArgumentError("it is no XMP, or broken");
  }
  try {
    Exiv2::XmpData xmp;
    if (Exiv2::XmpParser::decode(xmp, std::string(packet)) != 0) {
      return absl::InvalidArgumentError("it is no XMP, or broken");
    }
    return xmp;
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(fmt::format("it is no XMP, or broken ({})", error.what()));
  }
}

void AddXmpFacts(const Exiv2::XmpData& xmp, PhotoFacts& facts) {
  TryFact(facts.title, [&] { return Text(xmp, "Xmp.dc.title"); });
  TryFact(facts.description, [&] { return Text(xmp, "Xmp.dc.description"); });
  TryFact(facts.rating, [&] { return Rating(xmp); });
  TryFact(facts.keywords, [&] { return KeywordsOf(ReadLists(xmp)); });
  FoundRegions found;
  TryFact(found, [&] { return Regions(xmp, facts.orientation); });
  facts.regions = std::move(found.regions);
  if (found.some_unusable) {
    AddUnreadable("region", facts);
  }
  if (!facts.rating && !Text(xmp, "Xmp.xmp.Rating").empty()) {
    AddUnreadable("rating", facts);
  }
  TryFact(facts.city, [&] { return Text(xmp, "Xmp.photoshop.City"); });
  TryFact(facts.region, [&] { return Text(xmp, "Xmp.photoshop.State"); });
  TryFact(facts.country, [&] { return Text(xmp, "Xmp.photoshop.Country"); });
  if (!facts.gps) {
    TryFact(facts.gps, [&] { return Position(xmp); });
  }
  // Receivers without satellites write zeros.
  const std::string position = Text(xmp, "Xmp.exif.GPSLatitude") + Text(xmp, "Xmp.exif.GPSLongitude");
  if (!facts.gps && position.find_first_not_of("0.,NSEW+- ") != std::string::npos) {
    AddUnreadable("position", facts);
  }
}

void AddIptcFacts(const Exiv2::IptcData& iptc, PhotoFacts& facts) {
  Complete(facts.taken_at, [&] {
    return IsoFromIptc(Text(iptc, "Iptc.Application2.DateCreated"), Text(iptc, "Iptc.Application2.TimeCreated"));
  });
  Complete(facts.title, [&] { return Text(iptc, "Iptc.Application2.ObjectName"); });
  Complete(facts.description, [&] { return Text(iptc, "Iptc.Application2.Caption"); });
  Complete(facts.keywords, [&] { return Keywords(iptc); });
  Complete(facts.city, [&] { return Text(iptc, "Iptc.Application2.City"); });
  Complete(facts.region, [&] { return Text(iptc, "Iptc.Application2.ProvinceState"); });
  Complete(facts.country, [&] { return Text(iptc, "Iptc.Application2.CountryName"); });
}

}  // namespace calotype
