// Unicode helpers for tokenizers and search. Text is UTF-8 and must be valid (see DropInvalidUtf8()) unless stated
// otherwise. Character properties come from the installed utf8proc. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace calotype {

using Character = int32_t;

// The first character of a text and its number of bytes; size 0 when the text is empty or not UTF-8.
struct FirstCharacter {
  Character value = 0;
  std::size_t size = 0;
};
FirstCharacter First(std::string_view text);

void AppendCharacter(Character c, std::string& text);

// Removes bytes that are not UTF-8 from `text` and truncates it to at most `max_bytes` at a character boundary.
std::string DropInvalidUtf8(std::string_view text, std::size_t max_bytes);

bool IsLetter(Character c);          // \p{L}
bool IsNumber(Character c);          // \p{N}
bool IsWhiteSpace(Character c);      // \s: Unicode's White_Space
bool IsMark(Character c);            // \p{M}: accents, vowel signs
bool IsNonSpacingMark(Character c);  // \p{Mn}
bool IsPunctuation(Character c);     // \p{P}
// Control and format characters, surrogates and private use, but not unassigned characters.
bool IsControl(Character c);

enum class NormalForm { kNfc, kNfd, kNfkc, kNfkd };
std::string ToNormalForm(std::string_view text, NormalForm form);

Character LowerCharacter(Character c);
// Converts each character by itself: there is no special case for a final sigma.
std::string LowerCase(std::string_view text);

// Letters that have no decomposition but are typed without their stroke or as two letters: "Straße" becomes "Strasse",
// "Søren" "Soren". Bytes that are not UTF-8 stay.
std::string ReplaceSpecialLetters(std::string_view text);

// `text` for a comparison that ignores case, accents, width and the form in which accents are stored (NFC or NFD):
// "Zoë", "ZOE" and "zoe" are equal afterwards. Marks that are no accents, as in Japanese or Hindi, stay. Text that is
// not UTF-8 only becomes lower case (ASCII).
std::string FoldCaseAndAccents(std::string_view text);

// The number of bytes of the first grapheme cluster (what a reader sees as one character); 0 when `text` is empty.
std::size_t FirstGraphemeSize(std::string_view text);

}  // namespace calotype
