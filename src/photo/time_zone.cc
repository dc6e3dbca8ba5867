#include "photo/time_zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace calotype {
namespace {

constexpr int64_t kQuarter = int64_t{15} * 60;
// A receiver repeats its last fix for a while when it sees no satellites.
constexpr int64_t kMaxStale = int64_t{5} * 60;

std::string_view OffsetOf(std::string_view taken_at) {
  constexpr std::size_t kTimeOfDay = 11;  // behind the date and its T
  const std::size_t at =
      taken_at.size() > kTimeOfDay ? taken_at.find_first_of("+-", kTimeOfDay) : std::string_view::npos;
  return at == std::string_view::npos ? std::string_view() : taken_at.substr(at);
}

// "+02:00" in seconds.
std::optional<int64_t> SecondsOf(std::string_view offset) {
  int hours = 0;
  int minutes = 0;
  if (offset.size() != 6 || (offset[0] != '+' && offset[0] != '-') ||
      std::from_chars(offset.data() + 1, offset.data() + 3, hours).ptr != offset.data() + 3 ||
      std::from_chars(offset.data() + 4, offset.data() + 6, minutes).ptr != offset.data() + 6) {
    return std::nullopt;
  }
  return (offset[0] == '-' ? -1 : 1) * (int64_t{hours} * 3600 + int64_t{minutes} * 60);
}

std::string OffsetText(int64_t seconds) {
  const int64_t size = std::abs(seconds);
  return fmt::format("{}{:02}:{:02}", seconds < 0 ? '-' : '+', size / 3600, size / 60 % 60);
}

std::optional<absl::CivilSecond> CivilOf(std::string_view taken_at) {
  constexpr std::size_t kWhole = 19;  // YYYY-MM-DDTHH:MM:SS
  absl::CivilSecond civil;
  if (taken_at.size() < kWhole || !absl::ParseCivilTime(absl::string_view(taken_at.data(), kWhole), &civil)) {
    return std::nullopt;
  }
  return civil;
}

std::optional<absl::TimeZone> ZoneOf(std::string_view name) {
  if (const auto offset = SecondsOf(name)) {
    return absl::FixedTimeZone(static_cast<int>(*offset));
  }
  absl::TimeZone zone;
  const bool known = !name.empty() && absl::LoadTimeZone(std::string(name), &zone);
  return known ? std::optional(zone) : std::nullopt;
}

// By `zone` alone.
std::optional<int64_t> UtcIn(std::string_view taken_at, std::string_view zone) {
  const auto civil = CivilOf(taken_at);
  const auto found = ZoneOf(zone);
  if (!civil || !found) {
    return std::nullopt;
  }
  return absl::ToUnixSeconds(absl::FromCivil(*civil, *found));
}

// Whether some place keeps its clocks at this distance from UTC: whole hours, and the half and quarter hours of the
// time zone database of today.
bool IsZoneOffset(int64_t seconds) {
  constexpr std::array<int64_t, 13> kPartHours = {-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765, 825};
  const int64_t minutes = seconds / 60;
  return (minutes % 60 == 0 && minutes >= -720 && minutes <= 840) ||
         std::ranges::find(kPartHours, minutes) != kPartHours.end();
}

// How far the camera's clock was ahead of the satellites' clock, if that is the offset of a time zone. A receiver
// without a view of the sky repeats its last fix, sometimes for hours: then the difference is any number.
std::optional<int64_t> OffsetFromSatellites(const PhotoFacts& facts) {
  const auto local = UtcIn(facts.taken_at, "+00:00");
  if (!local || !facts.gps_time) {
    return std::nullopt;
  }
  const int64_t ahead = *local - *facts.gps_time;
  const int64_t rounded = (ahead + (ahead < 0 ? -kQuarter : kQuarter) / 2) / kQuarter * kQuarter;
  const bool is_zone = IsZoneOffset(rounded) && std::abs(ahead - rounded) <= kMaxStale;
  return is_zone ? std::optional(rounded) : std::nullopt;
}

}  // namespace

std::optional<int64_t> UtcOf(std::string_view taken_at, std::string_view zone) {
  const std::string_view own = OffsetOf(taken_at);
  return UtcIn(taken_at, own.empty() ? zone : own);
}

void CompleteTime(PhotoFacts& facts, std::string_view place_zone) {
  facts.time_zone.clear();
  facts.taken_utc.reset();
  std::string offset(OffsetOf(facts.taken_at));
  if (const auto ahead = OffsetFromSatellites(facts); offset.empty() && ahead) {
    offset = OffsetText(*ahead);
  }
  const auto by_place = UtcIn(facts.taken_at, place_zone);
  const auto by_offset = UtcIn(facts.taken_at, offset);
  facts.taken_utc = by_offset ? by_offset : by_place;
  facts.time_zone = by_offset && by_offset != by_place ? offset : std::string(place_zone);
}

}  // namespace calotype
