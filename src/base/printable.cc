#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace calotype {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 0;  // 0: the text does not start with a valid character
};

// UTF-8 sequences by their length: how the first byte looks, and the smallest code that needs as many bytes.
struct Form {
  unsigned char mask;
  unsigned char lead;
  char32_t smallest;
};
constexpr std::array kForms = {
    Form{.mask = 0x80, .lead = 0x00, .smallest = 0}, Form{.mask = 0xE0, .lead = 0xC0, .smallest = 0x80},
    Form{.mask = 0xF0, .lead = 0xE0, .smallest = 0x800}, Form{.mask = 0xF8, .lead = 0xF0, .smallest = 0x10000}};

struct Range {
  char32_t first;
  char32_t last;
};
constexpr std::array kUnsafe = {Range{.first = 0x00, .last = 0x1F}, Range{.first = 0x7F, .last = 0x9F},
                                Range{.first = 0x2028, .last = 0x202E}, Range{.first = 0x2066, .last = 0x2069}};
constexpr Range kSurrogates{.first = 0xD800, .last = 0xDFFF};
constexpr char32_t kLastCode = 0x10FFFF;
constexpr char32_t kLastC0 = 0x1F;

bool IsIn(const Range& range, char32_t code) { return code >= range.first && code <= range.last; }

Character FirstCharacter(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const auto* const form =
      std::ranges::find_if(kForms, [lead](const Form& one) { return (lead & one.mask) == one.lead; });
  const auto bytes = static_cast<std::size_t>(form - kForms.begin()) + 1;
  if (form == kForms.end() || bytes > text.size()) {
    return {};
  }
  char32_t code = lead & static_cast<unsigned char>(~form->mask);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) {
      return {};
    }
    code = code << 6 | (next & 0x3FU);
  }
  const bool valid = code >= form->smallest && code <= kLastCode && !IsIn(kSurrogates, code);
  return valid ? Character{.code = code, .bytes = bytes} : Character{};
}

bool IsUnsafe(char32_t code) {
  return std::ranges::any_of(kUnsafe, [code](const Range& range) { return IsIn(range, code); });
}

std::string Safe(std::string_view text, bool keep_newlines) {
  std::string safe;
  while (!text.empty()) {
    const Character next = FirstCharacter(text);
    const std::size_t bytes = std::max<std::size_t>(next.bytes, 1);
    const bool shown = next.bytes > 0 && (!IsUnsafe(next.code) || (keep_newlines && next.code == U'\n'));
    safe += shown ? text.substr(0, bytes) : "?";
    text.remove_prefix(bytes);
  }
  return safe;
}

}  // namespace

std::string Printable(std::string_view text) { return Safe(text, false); }

std::string PrintableLines(std::string_view text) { return Safe(text, true); }

std::string PrintableJson(std::string_view json) {
  std::string safe;
  while (!json.empty()) {
    const Character next = FirstCharacter(json);
    const std::size_t bytes = std::max<std::size_t>(next.bytes, 1);
    const bool escaped = next.bytes > 0 && IsUnsafe(next.code) && next.code > kLastC0;
    safe += escaped ? fmt::format("\\u{:04x}", static_cast<uint32_t>(next.code)) : std::string(json.substr(0, bytes));
    json.remove_prefix(bytes);
  }
  return safe;
}

}  // namespace calotype
