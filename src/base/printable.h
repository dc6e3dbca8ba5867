// Text from photos, file names and other programs, made safe to print for people.
#pragma once

#include <string>
#include <string_view>

namespace calotype {

// Returns `text` on one line that a terminal shows as it is. Each of these becomes "?": control characters (C0, DEL and
// C1), line and paragraph separators (U+2028, U+2029), characters that change the direction of text (U+202A to U+202E,
// U+2066 to U+2069), and each byte that is not part of valid UTF-8.
std::string Printable(std::string_view text);

// The same for a text of several lines: newlines stay.
std::string PrintableLines(std::string_view text);

// The same for JSON: the characters become escapes such as \u202e, so the values stay. C0 characters are kept, because
// inside of strings they are escaped already, and outside they are white space.
std::string PrintableJson(std::string_view json);

}  // namespace calotype
