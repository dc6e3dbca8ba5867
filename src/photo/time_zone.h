// Times of day in time zones. Pure functions, but for the system's table of zones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "photo/facts.h"

namespace calotype {

// Returns the seconds since 1970 of an ISO 8601 text such as PhotoFacts::taken_at. Uses the text's own offset if it has
// one, else `zone` (an IANA name or an offset). nullopt without a time of day, without a zone, or if the system does
// not know the zone.
std::optional<int64_t> UtcOf(std::string_view taken_at, std::string_view zone);

// Sets time_zone and taken_utc. The source is the offset in taken_at; else the satellites' clock, if the camera's clock
// differs from it by the offset of a real time zone, give or take five minutes; else `place_zone`, the IANA name of the
// place, which may be empty. time_zone is the IANA name if that has the same offset at this time.
void CompleteTime(PhotoFacts& facts, std::string_view place_zone);

}  // namespace calotype
