// The texts that cameras write, made into those of PhotoFacts. Pure functions; empty where a text says nothing usable.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace calotype {

// ISO 8601 from EXIF's three tags: "2024:05:01 12:34:56", "123", "+02:00". A date without a time of day ("2024:05:01
//   :  :  ") gives the date alone; a sub-second or offset that is not well formed is left out. Empty for dates that
// are none ("0000:00:00 00:00:00", a 31st of February).
std::string IsoFromExif(std::string_view date_time, std::string_view subsecond, std::string_view offset);

// The same from XMP's one text: "2024-05-01T12:34:56.123+02:00" or its beginning, down to the day.
std::string IsoFromXmp(std::string_view text);

// Control characters and blanks at the ends removed, and valid UTF-8: bytes that are not are taken for Latin-1, which
// is what cameras that break EXIF's ASCII rule write.
std::string CleanText(std::string_view text);

// "Canon" and "Canon EOS R5" give "Canon EOS R5"; "NIKON CORPORATION" and "NIKON Z 6" give "NIKON Z 6".
std::string CameraName(std::string_view maker, std::string_view model);

// EXIF's rationals, numerator and denominator.
using Rational = std::pair<int64_t, int64_t>;

// Degrees, minutes and seconds with their reference ('N', 'S', 'E' or 'W') as signed degrees. nullopt when a
// denominator is zero, minutes or seconds are not 0 to 60, or the result is beyond 90 (180) degrees.
std::optional<double> Degrees(const std::array<Rational, 3>& parts, char reference);

}  // namespace calotype
