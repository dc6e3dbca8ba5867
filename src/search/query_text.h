// How the text of a query is divided into parts: for its parser and for completion.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace calotype {

// The number of bytes of the white space at the start of `text`, such as U+3000 or a no-break space; 0 for none.
std::size_t SpaceSize(std::string_view text);
// Where the first white space at or after `from` begins; the size of `text` if there is none.
std::size_t FindSpace(std::string_view text, std::size_t from);
// The number of bytes of the double quote at the start of `text`, straight or curly; 0 for none.
std::size_t QuoteSize(std::string_view text);
bool IsAsciiLetter(char c);

// The key at the start of `text`, without its colon. Letters before a colon are a key, except for the scheme of an
// address (http://...). Empty if there is none.
std::string_view KeyAt(std::string_view text);

struct QuotedText {
  std::string value;     // without quotes, and with escaped characters as themselves
  std::size_t size = 0;  // bytes up to and with the closing quote; to the end if it is missing
  bool closed = false;
};
// The text in quotes at the start of `text`, which begins with a quote.
QuotedText ReadQuotedText(std::string_view text);

// `value` as a value or word of a query: in quotes if it has white space, a quote, or one of the characters `special`.
std::string QuoteIfNeeded(std::string_view value, std::string_view special);

}  // namespace calotype
