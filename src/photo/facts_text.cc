#include "photo/facts_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

namespace calotype {
namespace {

constexpr std::size_t kMaxSubsecondDigits = 9;
constexpr int kMaxOffsetHours = 14;  // Kiribati

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

// "YYYY:MM:DD" or "YYYY-MM-DD".
std::string TakeDate(std::string_view& text) {
  const auto year = TakeNumber(text, 4);
  const bool first = TakeAny(text, ":-/");
  const auto month = TakeNumber(text, 2);
  const bool second = TakeAny(text, ":-/");
  const auto day = TakeNumber(text, 2);
  if (!year || !first || !month || !second || !day || *year == 0) {
    return {};
  }
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  return date.ok() ? fmt::format("{:04}-{:02}-{:02}", *year, *month, *day) : std::string();
}

// "HH:MM:SS", or "HH:MM" as XMP allows; empty, and nothing taken, when it is not a time of day.
std::string TakeTime(std::string_view& text) {
  std::string_view rest = text;
  const auto hour = TakeNumber(rest, 2);
  const bool colon = TakeAny(rest, ":");
  const auto minute = TakeNumber(rest, 2);
  if (!hour || !colon || !minute) {
    return {};
  }
  const int second = TakeAny(rest, ":") ? TakeNumber(rest, 2).value_or(60) : 0;
  if (*hour > 23 || *minute > 59 || second > 59) {
    return {};
  }
  text = rest;
  return fmt::format("{:02}:{:02}:{:02}", *hour, *minute, second);
}

std::string Subsecond(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, IsDigit);
  const auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin())).substr(0, kMaxSubsecondDigits);
  return digits.empty() ? std::string() : fmt::format(".{}", digits);
}

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
  if (!hours || !colon || !minutes || *hours > kMaxOffsetHours || *minutes > 59) {
    return {};
  }
  return fmt::format("{}{:02}:{:02}", sign, *hours, *minutes);
}

std::string Join(const std::string& date, const std::string& time, std::string_view subsecond,
                 std::string_view offset) {
  if (date.empty() || time.empty()) {
    return date;
  }
  return fmt::format("{}T{}{}{}", date, time, Subsecond(subsecond), Offset(offset));
}

// Bytes of the UTF-8 sequence at the front of `text`, 0 when it is none. Surrogates and over-long forms are let
// through: JSON writers escape or replace them, while a stray byte would break the whole line.
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
  TakeAny(date_time, " T");
  return Join(date, TakeTime(date_time), subsecond, offset);
}

std::string IsoFromXmp(std::string_view text) {
  const std::string date = TakeDate(text);
  TakeAny(text, "T ");
  const std::string time = TakeTime(text);
  const std::string_view subsecond = TakeAny(text, ".") ? text : std::string_view();
  text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
  return Join(date, time, subsecond, text);
}

std::string CleanText(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  std::string kept;
  std::ranges::copy_if(text, std::back_inserter(kept),
                       [](char c) { return static_cast<uint8_t>(c) >= 0x20 && c != 0x7F; });
  const std::size_t first = kept.find_first_not_of(' ');
  if (first == std::string::npos) {
    return {};
  }
  kept = kept.substr(first, kept.find_last_not_of(' ') - first + 1);
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
  const bool whole = values[0] >= 0 && values[1] >= 0 && values[1] < 60 && values[2] >= 0 && values[2] <= 60;
  if (!whole || !(latitude || longitude) || degrees > (latitude ? 90 : 180)) {
    return std::nullopt;
  }
  return reference == 'S' || reference == 'W' ? -degrees : degrees;
}

}  // namespace calotype
