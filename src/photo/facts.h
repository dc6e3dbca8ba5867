// What a photo says of itself: EXIF, XMP and IPTC, and what follows from that. Texts are UTF-8 without control
// characters.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/geometry.h"

namespace calotype {

struct GpsPosition {
  double latitude = 0;             // degrees, north positive
  double longitude = 0;            // degrees, east positive
  std::optional<double> altitude;  // metres above sea level
};

// An area that carries a person's name. Parts of the width and height of the upright photo, from its top left.
struct NamedRegion {
  std::string name;
  Box box;
};

struct PhotoFacts {
  // ISO 8601 with what is known: "2024-05-01T12:34:56", with ".123" and "+02:00" where the photo has them; the day
  // alone where the time of day is missing. Empty: unknown, or no possible date.
  std::string taken_at;
  std::string camera;  // "Canon EOS R5": the maker is not repeated
  std::string lens;
  int orientation = 1;  // EXIF 1 to 8, as stored; pixels are already upright
  // Empty without references (N, S, E, W), with a value that is no number or out of range, and at exactly 0, 0: what
  // receivers write that found no satellite.
  std::optional<GpsPosition> gps;
  std::optional<int64_t> gps_time;  // what the satellites' clock said, seconds since 1970

  // What somebody wrote about it.
  std::string title;
  std::string description;
  std::optional<int> rating;          // 0 to 5, -1: rejected
  std::vector<std::string> keywords;  // each once, in their order; of a hierarchy its parts
  std::vector<NamedRegion> regions;

  // Where it was taken: as written by somebody, else the place nearest to `gps` (CompletePlace). Empty: unknown.
  std::string city;
  std::string region;
  std::string country;
  std::string time_zone;             // IANA name ("Europe/Vienna"), or an offset ("+02:00"); empty: unknown
  std::optional<int64_t> taken_utc;  // seconds since 1970; empty: the time zone or the time of day is not known
};

// Facts from an EXIF block (TIFF header first, with or without "Exif\0\0"). Broken parts are left out, never an error:
// a photo with a bad date is still a photo.
PhotoFacts FactsFromExif(std::span<const uint8_t> exif);

}  // namespace calotype
