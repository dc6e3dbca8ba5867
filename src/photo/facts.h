// The metadata of a photo from EXIF, XMP and IPTC, and facts derived from it. Texts are UTF-8 without control
// characters.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/geometry.h"

namespace calotype {

struct GpsPosition {
  double latitude = 0;             // degrees, north positive
  double longitude = 0;            // degrees, east positive
  std::optional<double> altitude;  // metres above sea level
};

// An area with the name of a person. The box is in fractions of width and height of the upright photo, from the top
// left.
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
  // nullopt without references (N, S, E, W), for values that are not numbers or out of range, and for exactly 0, 0,
  // which receivers write when they found no satellite.
  std::optional<GpsPosition> gps;
  std::optional<int64_t> gps_time;  // the time of the satellites, seconds since 1970

  // Written by people.
  std::string title;
  std::string description;
  std::optional<int> rating;          // 0 to 5, -1: rejected
  std::vector<std::string> keywords;  // each once, in their order; with levels: "Events|party"
  std::vector<NamedRegion> regions;

  // Where it was taken: written by people, else the place nearest to `gps` (CompletePlace). Empty: unknown.
  std::string city;
  std::string region;
  std::string country;
  std::string time_zone;             // IANA name ("Europe/Vienna"), or an offset ("+02:00"); empty: unknown
  std::optional<int64_t> taken_utc;  // seconds since 1970; empty: the time zone or the time of day is not known

  // What is there but cannot be read, each kind once: "date", "position", "rating", "region", "EXIF", "XMP", "IPTC",
  // "sidecar"; "EXIF: ..." and "XMP: ..." name a limit. In answers of PhotoReader only what no other source states.
  std::vector<std::string> unreadable;
};

// Adds `kind` to PhotoFacts::unreadable, once.
void AddUnreadable(std::string_view kind, PhotoFacts& facts);

// Reads an EXIF block (with or without "Exif\0\0" before the TIFF header). Broken parts are skipped without an error: a
// photo with a bad date is still a photo.
PhotoFacts FactsFromExif(std::span<const uint8_t> exif);

}  // namespace calotype
