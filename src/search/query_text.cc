#include "search/query_text.h"

#include <algorithm>
#include <array>

#include "base/unicode.h"

namespace calotype {

std::size_t SpaceSize(std::string_view text) {
  const FirstCharacter first = First(text);
  return first.size > 0 && IsWhiteSpace(first.value) ? first.size : 0;
}

std::size_t FindSpace(std::string_view text, std::size_t from) {
  while (from < text.size() && SpaceSize(text.substr(from)) == 0) {
    from += std::max<std::size_t>(First(text.substr(from)).size, 1);
  }
  return from;
}

std::size_t QuoteSize(std::string_view text) {
  constexpr std::array<Character, 5> kQuotes = {'"', 0x201c, 0x201d, 0x201e, 0x201f};
  const FirstCharacter first = First(text);
  return std::ranges::find(kQuotes, first.value) != kQuotes.end() ? first.size : 0;
}

bool IsAsciiLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string_view KeyAt(std::string_view text) {
  const auto end = static_cast<std::size_t>(std::ranges::find_if_not(text, IsAsciiLetter) - text.begin());
  const bool is_key = end > 0 && end < text.size() && text[end] == ':' && !text.substr(end).starts_with("://");
  return is_key ? text.substr(0, end) : std::string_view();
}

// A straight quote ends with a straight one, so that its value may contain curly ones; a curly one ends with any quote.
// In the value, a backslash makes the following quote or backslash an ordinary character.
QuotedText ReadQuotedText(std::string_view text) {
  QuotedText quoted{.size = QuoteSize(text)};
  const bool straight = text.starts_with('"');
  while (quoted.size < text.size()) {
    const std::string_view rest = text.substr(quoted.size);
    const std::size_t escaped = rest.starts_with('\\') ? QuoteSize(rest.substr(1)) : 0;
    if (escaped > 0 || rest.starts_with("\\\\")) {
      const std::size_t size = std::max<std::size_t>(escaped, 1);
      quoted.value += rest.substr(1, size);
      quoted.size += 1 + size;
      continue;
    }
    const std::size_t quote = straight ? (rest.starts_with('"') ? 1 : 0) : QuoteSize(rest);
    if (quote > 0) {
      quoted.size += quote;
      quoted.closed = true;
      break;
    }
    quoted.value += rest.front();
    ++quoted.size;
  }
  return quoted;
}

std::string QuoteIfNeeded(std::string_view value, std::string_view special) {
  bool is_plain = !value.empty() && value.find_first_of(special) == std::string_view::npos;
  for (std::size_t at = 0; is_plain && at < value.size();
       at += std::max<std::size_t>(First(value.substr(at)).size, 1)) {
    is_plain = SpaceSize(value.substr(at)) == 0 && QuoteSize(value.substr(at)) == 0;
  }
  if (is_plain) {
    return std::string(value);
  }
  std::string quoted = "\"";
  for (const char c : value) {
    quoted += c == '"' || c == '\\' ? "\\" : "";
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace calotype
