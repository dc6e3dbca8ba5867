#include "photo/xmp_regions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <unordered_map>

#include "photo/facts_text.h"
#include "photo/orient.h"
#include "photo/xmp_facts.h"

namespace calotype {
namespace {

constexpr std::string_view kRegions = "Xmp.mwg-rs.Regions";
constexpr std::string_view kRegionList = "Xmp.mwg-rs.Regions/mwg-rs:RegionList";
constexpr std::string_view kDimensions = "Xmp.mwg-rs.Regions/mwg-rs:AppliedToDimensions";
constexpr std::string_view kMicrosoftList = "Xmp.MP.RegionInfo/MPRI:Regions";

bool Has(const Exiv2::XmpData& xmp, const std::string& key) { return xmp.findKey(Exiv2::XmpKey(key)) != xmp.end(); }

void SetText(const std::string& key, const std::string& text, Exiv2::XmpData& xmp) { xmp[key] = text; }

void SetStructure(const std::string& key, Exiv2::XmpData& xmp) {
  if (!Has(xmp, key)) {
    Exiv2::XmpTextValue structure;
    structure.setXmpStruct(Exiv2::XmpValue::xsStruct);
    xmp.add(Exiv2::XmpKey(key), &structure);
  }
}

void SetArray(const std::string& key, Exiv2::XmpData& xmp) {
  if (!Has(xmp, key)) {
    Exiv2::XmpTextValue array;
    array.setXmpArrayType(Exiv2::XmpValue::xaBag);
    xmp.add(Exiv2::XmpKey(key), &array);
  }
}

// An existing region of a face, in the stored picture.
struct KnownRegion {
  std::string name_key;
  std::string name;
  Box box;
  bool used = false;  // it is that of one of the faces
};

struct KnownRegions {
  std::vector<KnownRegion> regions;
  int count = 0;  // with those that are no faces
};

// The properties below a list by their keys. exiv2 compares all keys of a packet for each look-up.
class Properties {
 public:
  Properties(const Exiv2::XmpData& xmp, std::string_view list) {
    for (const Exiv2::Xmpdatum& datum : xmp) {
      if (std::string key = datum.key(); key.starts_with(list)) {
        properties_[std::move(key)] = &datum;
      }
    }
  }

  bool Has(const std::string& key) const { return properties_.contains(key); }
  std::string Text(const std::string& key) const { return Has(key) ? CleanText(properties_.at(key)->toString()) : ""; }
  float Number(const std::string& key) const { return Has(key) ? properties_.at(key)->toFloat() : NAN; }

 private:
  std::unordered_map<std::string, const Exiv2::Xmpdatum*> properties_;
};

KnownRegions MwgRegions(const Exiv2::XmpData& xmp) {
  const Properties list(xmp, kRegionList);
  KnownRegions found;
  for (int number = 1;; ++number) {
    const std::string key = fmt::format("{}[{}]", kRegionList, number);
    if (!list.Has(key)) {
      return found;
    }
    found.count = number;
    const std::string type = list.Text(key + "/mwg-rs:Type");
    const std::string area = key + "/mwg-rs:Area/stArea:";
    KnownRegion region{.name_key = key + "/mwg-rs:Name",
                       .name = list.Text(key + "/mwg-rs:Name"),
                       .box = {.width = list.Number(area + "w"), .height = list.Number(area + "h")}};
    region.box.x = list.Number(area + "x") - region.box.width / 2;
    region.box.y = list.Number(area + "y") - region.box.height / 2;
    if (type.empty() || type == "Face") {
      found.regions.push_back(std::move(region));
    }
  }
}

KnownRegions MicrosoftRegions(const Exiv2::XmpData& xmp) {
  const Properties list(xmp, kMicrosoftList);
  KnownRegions found;
  for (int number = 1;; ++number) {
    const std::string key = fmt::format("{}[{}]", kMicrosoftList, number);
    if (!list.Has(key)) {
      return found;
    }
    found.count = number;
    found.regions.push_back({.name_key = key + "/MPReg:PersonDisplayName",
                             .name = list.Text(key + "/MPReg:PersonDisplayName"),
                             .box = BoxOfRectangle(list.Text(key + "/MPReg:Rectangle"))});
  }
}

// The unused region at the place of `box`; null if there is none.
KnownRegion* At(const Box& box, std::vector<KnownRegion>& regions) {
  KnownRegion* best = nullptr;
  float overlap = kSamePlace;
  for (KnownRegion& region : regions) {
    if (const float here = IntersectionOverUnion(region.box, box); !region.used && here >= overlap) {
      best = &region;
      overlap = here;
    }
  }
  return best;
}

class RegionWriter {
 public:
  RegionWriter(const XmpAdditions& additions, Exiv2::XmpData& xmp, XmpLists& lists)
      : additions_(additions), xmp_(xmp), lists_(lists), mwg_(MwgRegions(xmp)), microsoft_(MicrosoftRegions(xmp)) {}

  StatusOr<RegionChanges> Write() {
    const bool had_none = mwg_.regions.empty();
    for (const NamedRegion& face : additions_.faces) {
      CALOTYPE_RETURN_IF_ERROR(WriteFace(face));
    }
    // A sidecar's regions replace those inside the photo, so they must be all there.
    for (const NamedRegion& known : additions_.known_regions) {
      const Box box = StoredPart(known.box, additions_.orientation);
      const bool is_there = std::ranges::any_of(
          mwg_.regions, [&](const KnownRegion& one) { return IntersectionOverUnion(one.box, box) >= kSamePlace; });
      if (had_none && !mwg_.regions.empty() && !is_there) {
        Add(known.name, box);
      }
    }
    for (const KnownRegions& regions : {mwg_, microsoft_}) {
      std::ranges::transform(regions.regions, std::inserter(changes_.names, changes_.names.end()), &KnownRegion::name);
    }
    return std::move(changes_);
  }

 private:
  Status WriteFace(const NamedRegion& face) {
    const Box box = StoredPart(face.box, additions_.orientation);
    for (const NamedRegion& known : additions_.known_regions) {
      if (IntersectionOverUnion(known.box, face.box) >= kSamePlace) {
        NoteRenamed(known.name, face.name);
      }
    }
    if (KnownRegion* const region = At(box, mwg_.regions); region != nullptr) {
      CALOTYPE_RETURN_IF_ERROR(Rename(face.name, *region));
    } else {
      Add(face.name, box);
    }
    KnownRegion* const region = At(box, microsoft_.regions);
    return region == nullptr ? absl::OkStatus() : Rename(face.name, *region);
  }

  void NoteRenamed(const std::string& old_name, const std::string& name) {
    if (old_name != name && !old_name.empty()) {
      changes_.renamed.emplace_back(old_name, name);
    }
  }

  Status Rename(const std::string& name, KnownRegion& region) {
    region.used = true;
    if (region.name == name) {
      return absl::OkStatus();
    }
    const std::string record = RegionRecord(region.name);
    if (!region.name.empty() && !lists_.written.contains(record) &&
        std::ranges::find(additions_.known_regions, region.name, &NamedRegion::name) ==
            additions_.known_regions.end()) {
      return absl::FailedPreconditionError(
          fmt::format("it calls a face \"{}\", which Calotype calls \"{}\", and was changed after the last scan; run "
                      "calotype scan first",
                      region.name, name));
    }
    changes_.changes.push_back(region.name.empty() ? fmt::format("+ name \"{}\" of a region", name)
                                                   : fmt::format("~ region \"{}\" is now \"{}\"", region.name, name));
    NoteRenamed(region.name, name);
    SetText(region.name_key, name, xmp_);
    region.name = name;
    lists_.written.insert(RegionRecord(name));
    return absl::OkStatus();
  }

  void Add(const std::string& name, const Box& box) {
    if (mwg_.count == 0 && !Has(xmp_, std::string(kRegionList))) {
      AddList();
    }
    const std::string key = fmt::format("{}[{}]", kRegionList, ++mwg_.count);
    const std::string area = key + "/mwg-rs:Area";
    SetStructure(key, xmp_);
    SetText(key + "/mwg-rs:Name", name, xmp_);
    SetText(key + "/mwg-rs:Type", "Face", xmp_);
    SetStructure(area, xmp_);
    SetText(area + "/stArea:x", fmt::format("{:.6f}", box.x + box.width / 2), xmp_);
    SetText(area + "/stArea:y", fmt::format("{:.6f}", box.y + box.height / 2), xmp_);
    SetText(area + "/stArea:w", fmt::format("{:.6f}", box.width), xmp_);
    SetText(area + "/stArea:h", fmt::format("{:.6f}", box.height), xmp_);
    SetText(area + "/stArea:unit", "normalized", xmp_);
    mwg_.regions.push_back({.name_key = key + "/mwg-rs:Name", .name = name, .box = box, .used = true});
    lists_.written.insert(RegionRecord(name));
    changes_.changes.push_back(
        fmt::format("+ region \"{}\" at {:.2f} {:.2f}, {:.2f} x {:.2f}", name, box.x, box.y, box.width, box.height));
  }

  void AddList() {
    const bool swaps = SwapsAxes(additions_.orientation);
    const std::string dimensions(kDimensions);
    SetStructure(std::string(kRegions), xmp_);
    SetStructure(dimensions, xmp_);
    SetText(dimensions + "/stDim:w", std::to_string(swaps ? additions_.height : additions_.width), xmp_);
    SetText(dimensions + "/stDim:h", std::to_string(swaps ? additions_.width : additions_.height), xmp_);
    SetText(dimensions + "/stDim:unit", "pixel", xmp_);
    SetArray(std::string(kRegionList), xmp_);
  }

  const XmpAdditions& additions_;
  Exiv2::XmpData& xmp_;
  XmpLists& lists_;
  KnownRegions mwg_;
  KnownRegions microsoft_;
  RegionChanges changes_;
};

}  // namespace

StatusOr<RegionChanges> AddRegions(const XmpAdditions& additions, Exiv2::XmpData& xmp, XmpLists& lists) {
  return RegionWriter(additions, xmp, lists).Write();
}

}  // namespace calotype
