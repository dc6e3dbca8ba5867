// What tokenizers need to know of characters. Text is UTF-8; functions that take text expect it valid
// (DropInvalidUtf8() sees to that). Character properties are those of the installed utf8proc. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace calotype {

using Character = int32_t;

// The character that `text` starts with and how many bytes it has; size 0 when `text` is empty or no UTF-8.
struct FirstCharacter {
  Character value = 0;
  std::size_t size = 0;
};
FirstCharacter First(std::string_view text);

void AppendCharacter(Character c, std::string& text);

// `text` without the bytes that are not UTF-8, and of that at most the first `max_bytes`, cut at a character.
std::string DropInvalidUtf8(std::string_view text, std::size_t max_bytes);

bool IsLetter(Character c);      // \p{L}
bool IsNumber(Character c);      // \p{N}
bool IsWhiteSpace(Character c);  // \s: Unicode's White_Space
bool IsMark(Character c);        // \p{M}: accents, vowel signs

enum class NormalForm { kNfc, kNfd, kNfkc, kNfkd };
std::string ToNormalForm(std::string_view text, NormalForm form);

// Character by character: a final sigma is no special case.
std::string LowerCase(std::string_view text);

// Bytes of the grapheme cluster (what a reader takes as one character) that `text` starts with; 0 when it is empty.
std::size_t FirstGraphemeSize(std::string_view text);

}  // namespace calotype
