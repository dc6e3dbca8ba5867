#include "photo/xmp_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <exiv2/exiv2.hpp>
#include <utility>

#include "photo/orient.h"
#include "photo/xmp_facts.h"

namespace calotype {
namespace {

constexpr const char* kSubject = "Xmp.dc.subject";
constexpr const char* kRegions = "Xmp.mwg-rs.Regions";
constexpr const char* kRegionList = "Xmp.mwg-rs.Regions/mwg-rs:RegionList";
constexpr const char* kDimensions = "Xmp.mwg-rs.Regions/mwg-rs:AppliedToDimensions";
constexpr float kSamePlace = 0.5F;

bool Has(const Exiv2::XmpData& xmp, const std::string& key) { return xmp.findKey(Exiv2::XmpKey(key)) != xmp.end(); }

void SetText(Exiv2::XmpData& xmp, const std::string& key, const std::string& text) { xmp[key] = text; }

void SetStructure(Exiv2::XmpData& xmp, const std::string& key) {
  if (!Has(xmp, key)) {
    Exiv2::XmpTextValue structure;
    structure.setXmpStruct(Exiv2::XmpValue::xsStruct);
    xmp.add(Exiv2::XmpKey(key), &structure);
  }
}

void SetArray(Exiv2::XmpData& xmp, const std::string& key) {
  if (!Has(xmp, key)) {
    Exiv2::XmpTextValue array;
    array.setXmpArrayType(Exiv2::XmpValue::xaBag);
    xmp.add(Exiv2::XmpKey(key), &array);
  }
}

// True when a keyword was added.
bool AddKeywords(Exiv2::XmpData& xmp, const std::vector<std::string>& keywords) {
  std::vector<std::string> all;
  Exiv2::XmpData::iterator subject = xmp.findKey(Exiv2::XmpKey(kSubject));
  if (subject != xmp.end()) {
    const auto count = static_cast<std::size_t>(subject->count());
    for (std::size_t i = 0; i < count; ++i) {
      all.push_back(subject->toString(i));
    }
  }
  const std::size_t before = all.size();
  for (const std::string& keyword : keywords) {
    if (std::ranges::find(all, keyword) == all.end()) {
      all.push_back(keyword);
    }
  }
  if (all.size() == before) {
    return false;
  }
  const auto bag = Exiv2::Value::create(Exiv2::xmpBag);
  for (const std::string& keyword : all) {
    bag->read(keyword);
  }
  if (subject != xmp.end()) {
    xmp.erase(subject);
  }
  xmp.add(Exiv2::XmpKey(kSubject), bag.get());
  return true;
}

// An existing region, in the stored picture.
struct KnownRegion {
  std::string key;
  Box box;
  bool named = false;
};

float Number(const Exiv2::XmpData& xmp, const std::string& key) {
  const auto found = xmp.findKey(Exiv2::XmpKey(key));
  return found == xmp.end() ? NAN : found->toFloat();
}

std::vector<KnownRegion> KnownRegions(const Exiv2::XmpData& xmp) {
  std::vector<KnownRegion> known;
  for (int number = 1; Has(xmp, fmt::format("{}[{}]", kRegionList, number)); ++number) {
    const std::string key = fmt::format("{}[{}]", kRegionList, number);
    const std::string area = key + "/mwg-rs:Area/stArea:";
    KnownRegion region{.key = key, .box = {.width = Number(xmp, area + "w"), .height = Number(xmp, area + "h")}};
    region.box.x = Number(xmp, area + "x") - region.box.width / 2;
    region.box.y = Number(xmp, area + "y") - region.box.height / 2;
    const auto name = xmp.findKey(Exiv2::XmpKey(key + "/mwg-rs:Name"));
    region.named = name != xmp.end() && !name->toString().empty();
    known.push_back(std::move(region));
  }
  return known;
}

void AddRegion(Exiv2::XmpData& xmp, const NamedRegion& region, const Box& box, std::size_t number) {
  const std::string key = fmt::format("{}[{}]", kRegionList, number);
  const std::string area = key + "/mwg-rs:Area";
  SetStructure(xmp, key);
  SetText(xmp, key + "/mwg-rs:Name", region.name);
  SetText(xmp, key + "/mwg-rs:Type", "Face");
  SetStructure(xmp, area);
  SetText(xmp, area + "/stArea:x", fmt::format("{:.6f}", box.x + box.width / 2));
  SetText(xmp, area + "/stArea:y", fmt::format("{:.6f}", box.y + box.height / 2));
  SetText(xmp, area + "/stArea:w", fmt::format("{:.6f}", box.width));
  SetText(xmp, area + "/stArea:h", fmt::format("{:.6f}", box.height));
  SetText(xmp, area + "/stArea:unit", "normalized");
}

// True when a region was added or named.
bool AddRegions(Exiv2::XmpData& xmp, const XmpAdditions& additions) {
  std::vector<KnownRegion> known = KnownRegions(xmp);
  bool changed = false;
  for (const NamedRegion& region : additions.regions) {
    const Box box = StoredPart(region.box, additions.orientation);
    const auto same = std::ranges::find_if(
        known, [&box](const KnownRegion& one) { return IntersectionOverUnion(one.box, box) >= kSamePlace; });
    if (same != known.end()) {
      if (!same->named) {
        SetText(xmp, same->key + "/mwg-rs:Name", region.name);
        same->named = true;
        changed = true;
      }
      continue;
    }
    if (known.empty() && !Has(xmp, kRegionList)) {
      const bool swaps = SwapsAxes(additions.orientation);
      SetStructure(xmp, kRegions);
      SetStructure(xmp, kDimensions);
      SetText(xmp, std::string(kDimensions) + "/stDim:w", std::to_string(swaps ? additions.height : additions.width));
      SetText(xmp, std::string(kDimensions) + "/stDim:h", std::to_string(swaps ? additions.width : additions.height));
      SetText(xmp, std::string(kDimensions) + "/stDim:unit", "pixel");
      SetArray(xmp, kRegionList);
    }
    AddRegion(xmp, region, box, known.size() + 1);
    known.push_back({.key = fmt::format("{}[{}]", kRegionList, known.size() + 1), .box = box, .named = true});
    changed = true;
  }
  return changed;
}

}  // namespace

StatusOr<std::string> AddToXmp(std::string_view existing, const XmpAdditions& additions) {
  PrepareExiv2();
  StatusOr<Exiv2::XmpData> xmp = Exiv2::XmpData();
  if (!existing.empty()) {
    xmp = DecodeXmp(existing);
  }
  CALOTYPE_RETURN_IF_ERROR(xmp.status());
  try {
    const bool has_new_words = AddKeywords(*xmp, additions.keywords);
    if (!AddRegions(*xmp, additions) && !has_new_words) {
      return std::string(existing);
    }
    std::string packet;
    if (Exiv2::XmpParser::encode(packet, *xmp) != 0) {
      return absl::InternalError("exiv2 could not write the XMP packet");
    }
    return packet;
  } catch (const std::exception& error) {
    return absl::InternalError(fmt::format("exiv2 could not write the XMP packet ({})", error.what()));
  }
}

}  // namespace calotype
