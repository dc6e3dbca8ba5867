#include "server/immich/json_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace calotype {
namespace {

// The digits of a number without sign and point, and the place of the point: 0.0123 is "123" and -1.
struct Digits {
  std::string digits;
  int point = 0;
};

Digits ShortestDigits(float value) {
  std::array<char, 32> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t exponent_mark = text.find('e');
  Digits read;
  for (const char c : text.substr(0, exponent_mark)) {
    read.digits += c == '.' ? "" : std::string(1, c);
  }
  std::string_view exponent = text.substr(exponent_mark + 1);
  exponent.remove_prefix(exponent.starts_with('+') ? 1 : 0);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), read.point);
  ++read.point;
  return read;
}

// Where orjson changes to an exponent.
constexpr int kLeastPoint = -5;
constexpr int kMostPoint = 13;

std::string Plain(const Digits& number) {
  const auto& [digits, point] = number;
  const auto count = static_cast<int>(digits.size());
  if (point <= 0) {
    return "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  }
  if (point >= count) {
    return digits + std::string(static_cast<std::size_t>(point - count), '0') + ".0";
  }
  return digits.substr(0, static_cast<std::size_t>(point)) + "." + digits.substr(static_cast<std::size_t>(point));
}

std::string WithExponent(const Digits& number) {
  const std::string fraction = number.digits.size() > 1 ? "." + number.digits.substr(1) : "";
  return fmt::format("{}{}e{:+}", number.digits.front(), fraction, number.point - 1);
}

}  // namespace

std::string JsonText(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string JsonNumber(float value) {
  if (!std::isfinite(value)) {
    return "null";
  }
  const std::string sign = std::signbit(value) ? "-" : "";
  if (value == 0) {
    return sign + "0.0";
  }
  const Digits number = ShortestDigits(std::abs(value));
  const bool plain = number.point >= kLeastPoint && number.point <= kMostPoint;
  return sign + (plain ? Plain(number) : WithExponent(number));
}

std::string JsonArray(std::span<const float> values) {
  std::string text = "[";
  for (const float value : values) {
    text += (text.size() > 1 ? "," : "") + JsonNumber(value);
  }
  return text + "]";
}

}  // namespace calotype
