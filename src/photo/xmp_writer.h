// Writes keywords, names and labels into an XMP packet.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "photo/decode.h"
#include "photo/facts.h"

namespace calotype {

struct XmpAdditions {
  std::vector<std::string> keywords;  // the user's own, as in PhotoFacts
  std::vector<NamedRegion> faces;     // with the names that they have now
  // What a scan read from the photo and its sidecars (PhotoFacts::regions). A face of another name at one of these
  // places was renamed.
  std::vector<NamedRegion> known_regions;
  // What models found, with levels: "object|dog". They replace those of an earlier export; nullopt keeps these.
  std::optional<std::vector<std::string>> labels;
  std::vector<std::string> unwanted;  // keywords without levels to remove
  int orientation = 1;                // EXIF's, of the photo
  int width = 0;                      // of the upright photo, in pixels
  int height = 0;
  int max_xmp_properties = DecodeLimits().max_xmp_properties;  // as in DecodeLimits, of the existing packet
};

struct XmpChange {
  std::string packet;
  // One line each: "+ dc:subject "Ada"", "- dc:subject "Adda"", "+ region "Ada" at 0.41 0.18, 0.20 x 0.30". Empty: the
  // packet is the existing one, byte for byte.
  std::vector<std::string> changes;
};

// Adds to the XMP packet `existing` (empty for a new one) what it lacks:
//   keywords  dc:subject (of levels the last one); those with levels also lr:hierarchicalSubject and digiKam:TagsList
//   faces     MWG regions, and the names in dc:subject, lr:hierarchicalSubject, digiKam:TagsList (below "People") and
//             Iptc4xmpExt:PersonInImage. An MWG or Microsoft region at the same place gets the name, which also
//             replaces the old name in these lists if nobody else in the photo has it.
//   labels    lr:hierarchicalSubject and digiKam:TagsList, below "Calotype"
// The names and TagsList entries that it adds are recorded in calotype:Written, so that they are not read as keywords.
// Everything else stays.
//   kInvalidArgument     `existing` is not XMP
//   kFailedPrecondition  a region has a name that is neither in `known_regions` nor recorded: somebody wrote it after
//                        the last scan
StatusOr<XmpChange> AddToXmp(std::string_view existing, const XmpAdditions& additions);

}  // namespace calotype
