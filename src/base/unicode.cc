#include "base/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <optional>

#include "base/text.h"

namespace calotype {
namespace {

const utf8proc_uint8_t* Bytes(std::string_view text) { return reinterpret_cast<const utf8proc_uint8_t*>(text.data()); }

utf8proc_option_t Options(NormalForm form) {
  const int compatible = form == NormalForm::kNfkc || form == NormalForm::kNfkd ? UTF8PROC_COMPAT : 0;
  const bool composes = form == NormalForm::kNfc || form == NormalForm::kNfkc;
  const int composition = composes ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
  return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | composition | compatible);
}

// nullopt when `text` is not UTF-8.
std::optional<std::string> Map(std::string_view text, utf8proc_option_t options) {
  utf8proc_uint8_t* mapped = nullptr;
  const utf8proc_ssize_t size = utf8proc_map(Bytes(text), static_cast<utf8proc_ssize_t>(text.size()), &mapped, options);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  return size < 0 ? std::nullopt : std::optional(std::string(mapped, mapped + size));
}

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Accents of alphabets with letters and accents. Marks of other scripts change the meaning of a letter.
bool IsAccent(Character c) {
  return (c >= 0x300 && c <= 0x36f) || (c >= 0x1ab0 && c <= 0x1aff) || (c >= 0x1dc0 && c <= 0x1dff) ||
         (c >= 0xfe20 && c <= 0xfe2f);
}

struct SpecialLetter {
  Character letter;
  std::string_view replacement;
};
constexpr auto kSpecialLetters = std::to_array<SpecialLetter>({
    {0xc6, "AE"},  {0xd0, "D"},   {0xd8, "O"},  {0xdf, "ss"}, {0xe6, "ae"},   {0xf0, "d"},  {0xf8, "o"},
    {0x110, "D"},  {0x111, "d"},  {0x126, "H"}, {0x127, "h"}, {0x131, "i"},   {0x141, "L"}, {0x142, "l"},
    {0x152, "OE"}, {0x153, "oe"}, {0x166, "T"}, {0x167, "t"}, {0x1e9e, "SS"},
});

}  // namespace

FirstCharacter First(std::string_view text) {
  Character value = 0;
  const utf8proc_ssize_t size = utf8proc_iterate(Bytes(text), static_cast<utf8proc_ssize_t>(text.size()), &value);
  return size > 0 ? FirstCharacter{.value = value, .size = static_cast<std::size_t>(size)} : FirstCharacter{};
}

void AppendCharacter(Character c, std::string& text) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const utf8proc_ssize_t size = utf8proc_encode_char(c, bytes.data());
  text.append(bytes.begin(), bytes.begin() + size);
}

std::string DropInvalidUtf8(std::string_view text, std::size_t max_bytes) {
  std::string valid;
  while (!text.empty()) {
    const std::size_t size = First(text).size;
    if (valid.size() + size > max_bytes) {
      break;
    }
    valid += text.substr(0, size);
    text.remove_prefix(size > 0 ? size : 1);
  }
  return valid;
}

bool IsLetter(Character c) {
  const utf8proc_category_t category = utf8proc_category(c);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool IsNumber(Character c) {
  const utf8proc_category_t category = utf8proc_category(c);
  return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

bool IsWhiteSpace(Character c) {
  constexpr Character kNextLine = 0x85;
  const utf8proc_category_t category = utf8proc_category(c);
  return (c >= '\t' && c <= '\r') || c == kNextLine ||
         (category >= UTF8PROC_CATEGORY_ZS && category <= UTF8PROC_CATEGORY_ZP);
}

bool IsMark(Character c) {
  const utf8proc_category_t category = utf8proc_category(c);
  return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

bool IsNonSpacingMark(Character c) { return utf8proc_category(c) == UTF8PROC_CATEGORY_MN; }

bool IsPunctuation(Character c) {
  const utf8proc_category_t category = utf8proc_category(c);
  return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

bool IsControl(Character c) {
  const utf8proc_category_t category = utf8proc_category(c);
  return category >= UTF8PROC_CATEGORY_CC && category <= UTF8PROC_CATEGORY_CO;
}

std::string ToNormalForm(std::string_view text, NormalForm form) {
  return Map(text, Options(form)).value_or(std::string(text));
}

Character LowerCharacter(Character c) { return utf8proc_tolower(c); }

std::string LowerCase(std::string_view text) {
  // The only character whose lower case is two characters: i and a combining dot above. utf8proc returns only the
  // first.
  constexpr Character kDottedI = 0x130;
  constexpr std::string_view kDottedLower = "i\xCC\x87";
  std::string lower;
  lower.reserve(text.size());
  while (!text.empty()) {
    const FirstCharacter first = First(text);
    if (first.size == 0) {
      break;
    }
    if (first.value == kDottedI) {
      lower += kDottedLower;
    } else {
      AppendCharacter(LowerCharacter(first.value), lower);
    }
    text.remove_prefix(first.size);
  }
  return lower;
}

std::string ReplaceSpecialLetters(std::string_view text) {
  std::string replaced;
  replaced.reserve(text.size());
  while (!text.empty()) {
    const FirstCharacter first = First(text);
    const std::size_t size = std::max<std::size_t>(first.size, 1);
    const auto* const special = std::ranges::find(kSpecialLetters, first.value, &SpecialLetter::letter);
    replaced += first.size > 0 && special != kSpecialLetters.end() ? special->replacement : text.substr(0, size);
    text.remove_prefix(size);
  }
  return replaced;
}

std::string FoldCaseAndAccents(std::string_view text) {
  if (IsAscii(text)) {
    return ToLowerAscii(text);
  }
  constexpr int kOptions = UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD;
  const std::optional<std::string> decomposed = Map(text, static_cast<utf8proc_option_t>(kOptions));
  if (!decomposed.has_value()) {
    return ToLowerAscii(text);
  }
  std::string bare;
  for (std::string_view rest = *decomposed; !rest.empty();) {
    const FirstCharacter first = First(rest);
    if (!IsAccent(first.value)) {
      bare += rest.substr(0, first.size);
    }
    rest.remove_prefix(std::max<std::size_t>(first.size, 1));
  }
  return ToNormalForm(ReplaceSpecialLetters(bare), NormalForm::kNfc);
}

std::size_t FirstGraphemeSize(std::string_view text) {
  FirstCharacter previous = First(text);
  std::size_t size = previous.size;
  utf8proc_int32_t state = 0;
  while (size < text.size()) {
    const FirstCharacter next = First(text.substr(size));
    if (next.size == 0 || utf8proc_grapheme_break_stateful(previous.value, next.value, &state) != 0) {
      break;
    }
    size += next.size;
    previous = next;
  }
  return size;
}

}  // namespace calotype
