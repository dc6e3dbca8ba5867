// Numbers with units, as text for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace calotype {

// "41.5 MB" below one gigabyte (also "0.0 MB"), else "1.20 GB"; decimal units.
std::string FormatBytes(int64_t bytes);

// "45 s" below 90 seconds, "12 min" below 90 minutes, else "3 h 20 min".
std::string FormatDuration(double seconds);

// "1 photo", "0 photos", "2 analyses". `many` is the plural; empty: `one` with an "s".
std::string Counted(int64_t count, std::string_view one, std::string_view many = {});

}  // namespace calotype
