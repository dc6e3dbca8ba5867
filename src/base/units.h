// Numbers with units, as text for people.
#pragma once

#include <cstdint>
#include <string>

namespace calotype {

// "41.5 MB", "1.20 GB"; decimal units.
std::string FormatBytes(int64_t bytes);

// "45 s", "12 min", "3 h 20 min".
std::string FormatDuration(double seconds);

}  // namespace calotype
