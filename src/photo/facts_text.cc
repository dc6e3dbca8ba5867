#include "photo/facts_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

#include "base/text.h"

namespace calotype {
namespace {

constexpr std::size_t kMaxSubsecondDigits = 9;
constexpr int kMaxOffsetHours = 14;  // Kiribati
constexpr std::string_view kDateSeparators = ":-/";
constexpr std::string_view kDigits = "0123456789";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view Take(std::string_view& text, std::size_t count) {
  const std::string_view head = text.substr(0, count);
  text.remove_prefix(head.size());
  return head;
}

// `count` digits from the front of `text`; nullopt, and nothing taken, when they are not there.
std::optional<int> TakeNumber(std::string_view& text, std::size_t count) {
  if (text.size() < count || !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(count), IsDigit)) {
    return std::nullopt;
  }
  int value = 0;
  const std::string_view digits = Take(text, count);
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

bool TakeAny(std::string_view& text, std::string_view allowed) {
  return !text.empty() && allowed.find(text.front()) != std::string_view::npos && !Take(text, 1).empty();
}

// A field of up to `count` characters: digits, or blanks in the place of zeros (" 7", "  "). 0 if it is blank or if
// `text` is at its end; nullopt, and nothing taken, if it holds anything else.
std::optional<int> TakePaddedNumber(std::string_view& text, std::size_t count) {
  std::string_view field = text.substr(0, count);
  text.remove_prefix(field.size());
  field.remove_prefix(std::min(field.find_first_not_of(' '), field.size()));
  const std::size_t digits = field.size();
  if (digits == 0) {
    return 0;
  }
  return TakeNumber(field, digits);
}

// "YYYY:MM:DD" or "YYYY-MM-DD", with any of ":-/" between the fields. A day, or a month and a day, that are absent,
// blank or zero give the month ("YYYY-MM") or the year ("YYYY"). Empty if it is no date.
std::string TakeDate(std::string_view& text) {
  const auto year = TakeNumber(text, 4);
  if (!year || *year == 0 || (!text.empty() && IsDigit(text.front()))) {
    return {};
  }
  const auto month = TakeAny(text, kDateSeparators) ? TakePaddedNumber(text, 2) : 0;
  const auto day = TakeAny(text, kDateSeparators) ? TakePaddedNumber(text, 2) : 0;
  if (!month || !day || *month > 12 || *day > 31) {
    return {};
  }
  if (*month == 0) {
    return fmt::format("{:04}", *year);
  }
  if (*day == 0) {
    return fmt::format("{:04}-{:02}", *year, *month);
  }
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  return date.ok() ? fmt::format("{:04}-{:02}-{:02}", *year, *month, *day) : std::string();
}

// "HH:MM:SS", or "HH:MM" as XMP allows. A second of 60 is a leap second, or rounded up: it becomes 59, so that the
// minute is kept. Empty, and nothing taken, if it is no time of day; a blank time is none.
std::string TakeTime(std::string_view& text) {
  if (text.substr(0, 2) == "  ") {
    return {};
  }
  std::string_view rest = text;
  const auto hour = TakePaddedNumber(rest, 2);
  const bool colon = TakeAny(rest, ":");
  const auto minute = TakePaddedNumber(rest, 2);
  if (!hour || !colon || !minute) {
    return {};
  }
  const int second = TakeAny(rest, ":") ? TakePaddedNumber(rest, 2).value_or(61) : 0;
  if (*hour > 23 || *minute > 59 || second > 60) {
    return {};
  }
  text = rest;
  return fmt::format("{:02}:{:02}:{:02}", *hour, *minute, std::min(second, 59));
}

std::string Subsecond(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, IsDigit);
  const auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin())).substr(0, kMaxSubsecondDigits);
  return digits.empty() ? std::string() : fmt::format(".{}", digits);
}

// "+02:00", "+0200", "+02" or "Z". Empty if it is none of these.
std::string Offset(std::string_view text) {
  if (TakeAny(text, "Z")) {
    return "+00:00";
  }
  if (text.empty() || (text.front() != '+' && text.front() != '-')) {
    return {};
  }
  const char sign = Take(text, 1).front();
  const auto hours = TakeNumber(text, 2);
  const bool colon = TakeAny(text, ":");
  const auto minutes = TakeNumber(text, 2);
  if (!hours || (colon && !minutes) || *hours > kMaxOffsetHours || minutes.value_or(0) > 59) {
    return {};
  }
  return fmt::format("{}{:02}:{:02}", sign, *hours, minutes.value_or(0));
}

// Joins `date` with the time of day at the front of `text`. What follows the time ("12:34:56.5+02:00") is used if the
// tags for sub-second and offset are empty. A month or a year has no time of day.
std::string Join(const std::string& date, std::string_view text, std::string_view subsecond, std::string_view offset) {
  constexpr std::size_t kDay = 10;  // YYYY-MM-DD
  TakeAny(text, " T");
  const std::string time = date.size() < kDay ? std::string() : TakeTime(text);
  if (time.empty()) {
    return date;
  }
  const std::string own_subsecond = Subsecond(TakeAny(text, ".") ? text : std::string_view());
  text.remove_prefix(std::min(text.find_first_not_of(kDigits), text.size()));
  const std::string tag_subsecond = Subsecond(subsecond);
  const std::string tag_offset = Offset(offset);
  return fmt::format("{}T{}{}{}", date, time, tag_subsecond.empty() ? own_subsecond : tag_subsecond,
                     tag_offset.empty() ? Offset(text) : tag_offset);
}

// The length of the UTF-8 sequence at the front of `text` in bytes, 0 if it is none. Surrogates and over-long forms
// count as valid: JSON writers escape or replace them, while a stray byte would break the whole line.
std::size_t Utf8Length(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text.front());
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  const bool continues = std::ranges::all_of(text.substr(1, length == 0 ? 0 : length - 1),
                                             [](char c) { return (static_cast<uint8_t>(c) & 0xC0) == 0x80; });
  return text.size() >= length && continues ? length : 0;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = Utf8Length(text);
    if (length == 0) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

std::string Latin1ToUtf8(std::string_view text) {
  std::string utf8;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x80) {
      utf8 += c;
    } else {
      utf8 += static_cast<char>(0xC0 | byte >> 6);
      utf8 += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return utf8;
}

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

std::string IsoFromExif(std::string_view date_time, std::string_view subsecond, std::string_view offset) {
  const std::string date = TakeDate(date_time);
  return Join(date, date_time, subsecond, offset);
}

std::string IsoFromXmp(std::string_view text) {
  const std::string date = TakeDate(text);
  return Join(date, text, {}, {});
}

std::string IsoFromPng(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t comma = text.find(',');
  std::string_view rest = comma == std::string_view::npos ? text : text.substr(comma + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const auto day = TakeNumber(rest, rest.find(' ') == 1 ? 1 : 2);
  const std::size_t month = TakeAny(rest, " ") ? kMonths.find(Take(rest, 3)) : std::string_view::npos;
  const auto year = TakeAny(rest, " ") ? TakeNumber(rest, 4) : std::nullopt;
  if (!day || !year || month == std::string_view::npos || month % 3 != 0) {
    const std::string exif = IsoFromExif(text, {}, {});
    return exif.empty() ? IsoFromXmp(text) : exif;
  }
  const std::size_t zone = rest.find_last_of(' ');
  std::string_view offset = zone == std::string_view::npos ? std::string_view() : rest.substr(zone + 1);
  offset = offset == "GMT" || offset == "UTC" || offset == "UT" ? "Z" : offset;
  return IsoFromExif(fmt::format("{:04}:{:02}:{:02}{}", *year, month / 3 + 1, *day, rest), {}, offset);
}

std::string IsoFromIptc(std::string_view date, std::string_view time) {
  const std::string day = TakeDate(date);
  return Join(day, time, {}, {});
}

std::string CleanText(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  std::string kept;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == '\t') {
      kept += ' ';  // Else the words on both sides become one.
    } else if (static_cast<uint8_t>(c) >= 0x20 && c != 0x7F) {
      kept += c;
    }
  }
  kept = std::string(Trim(kept, " "));
  return IsUtf8(kept) ? kept : Latin1ToUtf8(kept);
}

std::string CameraName(std::string_view maker, std::string_view model) {
  std::string clean_maker = CleanText(maker);
  std::string clean_model = CleanText(model);
  if (clean_maker.empty() || clean_model.empty()) {
    return clean_maker.empty() ? clean_model : clean_maker;
  }
  const std::string_view first_word = std::string_view(clean_maker).substr(0, clean_maker.find(' '));
  if (EqualIgnoringCase(first_word, std::string_view(clean_model).substr(0, first_word.size()))) {
    return clean_model;
  }
  return fmt::format("{} {}", clean_maker, clean_model);
}

std::optional<double> Degrees(const std::array<Rational, 3>& parts, char reference) {
  std::array<double, 3> values{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].second == 0) {
      return std::nullopt;
    }
    values[i] = static_cast<double>(parts[i].first) / static_cast<double>(parts[i].second);
  }
  const bool latitude = reference == 'N' || reference == 'S';
  const bool longitude = reference == 'E' || reference == 'W';
  const double degrees = values[0] + values[1] / 60 + values[2] / 3600;
  const bool whole = values[0] >= 0 && values[1] >= 0 && values[1] <= 60 && values[2] >= 0 && values[2] <= 60;
  if (!whole || !(latitude || longitude) || degrees > (latitude ? 90 : 180)) {
    return std::nullopt;
  }
  return reference == 'S' || reference == 'W' ? -degrees : degrees;
}

}  // namespace calotype
