// Converts the texts that cameras and programs write into those of PhotoFacts. Pure functions; the result is empty if a
// text holds nothing usable.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace calotype {

// Returns ISO 8601 from EXIF's three tags: "2024:05:01 12:34:56", "123", "+02:00". Only as precise as the date is: a
// date without a time of day ("2024:05:01   :  :  ") gives the day, one without a day ("2024:05:00 00:00:00") the
// month, one without a month ("2024") the year. Blanks may stand for zeros (" 7"). A second of 60 becomes 59. An offset
// may be "+02:00", "+0200", "+02" or "Z"; it and the sub-second may also follow the time in `date_time`. A malformed
// sub-second or offset is ignored. Returns an empty text for impossible dates ("0000:00:00 00:00:00", 31 February).
std::string IsoFromExif(std::string_view date_time, std::string_view subsecond, std::string_view offset);

// The same from XMP's single text: "2024-05-01T12:34:56.123+02:00" or any beginning of it, down to the year.
std::string IsoFromXmp(std::string_view text);

// The same from IPTC's two texts as exiv2 prints them: "2024-05-01", "12:34:56+02:00".
std::string IsoFromIptc(std::string_view date, std::string_view time);

// The same from the "Creation Time" of a PNG: as the PNG specification suggests ("Mon, 04 Mar 2019 05:06:07 +0100", the
// day of the week may be absent), or any form above.
std::string IsoFromPng(std::string_view text);

// Removes control characters, and blanks at both ends. A line break or tab becomes a blank, so that words stay apart.
// The result is valid UTF-8: other bytes are read as Latin-1, which cameras write that break EXIF's ASCII rule.
std::string CleanText(std::string_view text);

// Joins maker and model without repeating the maker: "Canon" and "Canon EOS R5" give "Canon EOS R5"; "NIKON
// CORPORATION" and "NIKON Z 6" give "NIKON Z 6".
std::string CameraName(std::string_view maker, std::string_view model);

// An EXIF rational: numerator and denominator.
using Rational = std::pair<int64_t, int64_t>;

// Converts degrees, minutes and seconds with their reference ('N', 'S', 'E' or 'W') into signed degrees. Returns
// nullopt if a denominator is zero, if minutes or seconds are outside 0 to 60, or if the result exceeds 90 (longitude:
// 180) degrees.
std::optional<double> Degrees(const std::array<Rational, 3>& parts, char reference);

}  // namespace calotype
