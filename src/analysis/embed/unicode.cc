#include "analysis/embed/unicode.h"

#include <utf8proc.h>

#include <array>
#include <cstdlib>
#include <memory>

namespace calotype {
namespace {

const utf8proc_uint8_t* Bytes(std::string_view text) { return reinterpret_cast<const utf8proc_uint8_t*>(text.data()); }

utf8proc_option_t Options(NormalForm form) {
  const int compatible = form == NormalForm::kNfkc || form == NormalForm::kNfkd ? UTF8PROC_COMPAT : 0;
  const bool composes = form == NormalForm::kNfc || form == NormalForm::kNfkc;
  const int composition = composes ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
  return static_cast<utf8proc_option_t>(UTF8PROC_STABLE | composition | compatible);
}

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

std::string ToNormalForm(std::string_view text, NormalForm form) {
  utf8proc_uint8_t* mapped = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(Bytes(text), static_cast<utf8proc_ssize_t>(text.size()), &mapped, Options(form));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  return size < 0 ? std::string(text) : std::string(mapped, mapped + size);
}

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
      AppendCharacter(utf8proc_tolower(first.value), lower);
    }
    text.remove_prefix(first.size);
  }
  return lower;
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
