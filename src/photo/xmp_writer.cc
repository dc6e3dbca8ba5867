#include "photo/xmp_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <exiv2/exiv2.hpp>
#include <iterator>
#include <utility>

#include "photo/xmp_facts.h"
#include "photo/xmp_keywords.h"
#include "photo/xmp_regions.h"

namespace calotype {
namespace {

void ChangeLists(const XmpAdditions& additions, const RegionChanges& regions, XmpLists& lists) {
  std::vector<std::string> keywords;
  std::ranges::copy_if(additions.keywords, std::back_inserter(keywords), [&](const std::string& keyword) {
    return std::ranges::find(additions.unwanted, keyword) == additions.unwanted.end();
  });
  RemoveWords(additions.unwanted, lists);
  for (const auto& [old_name, name] : regions.renamed) {
    if (!regions.names.contains(old_name)) {
      RenamePerson(old_name, name, lists);
      lists.written.erase(RegionRecord(old_name));
      for (std::string& keyword : keywords) {
        keyword = RenamedKeyword(keyword, old_name, name);
      }
    }
  }
  AddKeywords(keywords, lists);
  for (const NamedRegion& face : additions.faces) {
    AddPerson(face.name, lists);
  }
  if (additions.labels.has_value()) {
    SetLabels(*additions.labels, lists);
  }
}

}  // namespace

StatusOr<XmpChange> AddToXmp(std::string_view existing, const XmpAdditions& additions) {
  PrepareExiv2();
  const DecodeLimits limits{.max_xmp_properties = additions.max_xmp_properties};
  StatusOr<Exiv2::XmpData> xmp = Exiv2::XmpData();
  if (!existing.empty()) {
    xmp = DecodeXmp(existing, limits);
  }
  CALOTYPE_RETURN_IF_ERROR(xmp.status());
  try {
    const XmpLists before = ReadLists(*xmp);
    XmpLists lists = before;
    CALOTYPE_ASSIGN_OR_RETURN(RegionChanges regions, AddRegions(additions, *xmp, lists));
    ChangeLists(additions, regions, lists);
    if (lists.digikam != before.digikam) {
      CompleteTagsList(lists);
    }
    XmpChange change{.packet = std::string(existing), .changes = std::move(regions.changes)};
    std::ranges::move(WriteLists(before, lists, *xmp), std::back_inserter(change.changes));
    if (!change.changes.empty() && Exiv2::XmpParser::encode(change.packet, *xmp) != 0) {
      return absl::InternalError("exiv2 could not write the XMP packet");
    }
    // exiv2 writes the names of namespaces as they are, also those with an "&".
    if (!change.changes.empty() && !DecodeXmp(change.packet, limits).ok()) {
      return absl::InternalError("what exiv2 wrote cannot be read again, so the sidecar is left as it is");
    }
    return change;
  } catch (const std::exception& error) {
    return absl::InternalError(fmt::format("exiv2 could not write the XMP packet ({})", error.what()));
  }
}

}  // namespace calotype
