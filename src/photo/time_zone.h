// Times of day in time zones. Pure functions, but for the system's table of zones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "photo/facts.h"

namespace calotype {

// Seconds since 1970 of an ISO 8601 text as PhotoFacts::taken_at has it, its own offset before `zone` (an IANA name
// or an offset). nullopt without a time of day, without a zone, or where the system does not know the zone.
std::optional<int64_t> UtcOf(std::string_view taken_at, std::string_view zone);

// Sets time_zone and taken_utc: by the offset that taken_at has, else by what the satellites' clock said (the camera's
// differs from it by a whole number of quarters of an hour, within some minutes), else by `place_zone`, the IANA name
// of where it was taken, which may be empty. An IANA name is kept as time_zone where its offset at that time is the
// same.
void CompleteTime(PhotoFacts& facts, std::string_view place_zone);

}  // namespace calotype
