#include "analysis/embed/pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cctype>
#include <optional>
#include <utility>

#include "base/unicode.h"

namespace calotype {
namespace {

constexpr std::string_view kClipRegex = R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";
// In some files, the expression starts with the names of special tokens. Calotype treats those names as plain text.
constexpr std::string_view kClipSpecials = R"(<\|startoftext\|>|<\|endoftext\|>|)";
constexpr std::string_view kGpt2Regex = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

enum class Kind { kLetter, kNumber, kSpace, kOther };

Kind KindOf(Character c) {
  if (IsLetter(c)) {
    return Kind::kLetter;
  }
  if (IsNumber(c)) {
    return Kind::kNumber;
  }
  return IsWhiteSpace(c) ? Kind::kSpace : Kind::kOther;
}

// The number of bytes in the run of characters of `kind` that starts at `at`.
std::size_t RunSize(std::string_view text, std::size_t at, Kind kind) {
  std::size_t end = at;
  while (end < text.size()) {
    const FirstCharacter first = First(text.substr(end));
    if (first.size == 0 || KindOf(first.value) != kind) {
      break;
    }
    end += first.size;
  }
  return end - at;
}

std::size_t ContractionSize(std::string_view rest) {
  constexpr std::array<std::string_view, 7> kContractions = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
  const auto found = std::ranges::find_if(kContractions, [rest](std::string_view c) { return rest.starts_with(c); });
  return found == kContractions.end() ? 0 : found->size();
}

std::size_t MatchClipWord(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  if (const std::size_t size = ContractionSize(rest)) {
    return size;
  }
  const FirstCharacter first = First(rest);
  switch (const Kind kind = KindOf(first.value)) {
    case Kind::kNumber:
      return first.size;
    case Kind::kSpace:
      return 0;
    default:
      return RunSize(text, at, kind);
  }
}

// White space up to the last character before a word; if that one is a space, it belongs to the word.
std::size_t MatchSpaces(std::string_view text, std::size_t at) {
  const std::size_t size = RunSize(text, at, Kind::kSpace);
  if (at + size == text.size()) {
    return size;
  }
  std::size_t last = size - 1;
  while (last > 0 && (static_cast<unsigned char>(text[at + last]) & 0xC0) == 0x80) {
    --last;
  }
  return last > 0 ? last : size;
}

std::size_t MatchGpt2Word(std::string_view text, std::size_t at) {
  if (const std::size_t size = ContractionSize(text.substr(at))) {
    return size;
  }
  const std::size_t space = text[at] == ' ' ? 1 : 0;
  if (at + space < text.size()) {
    const Kind kind = KindOf(First(text.substr(at + space)).value);
    if (kind != Kind::kSpace) {
      return space + RunSize(text, at + space, kind);
    }
  }
  return MatchSpaces(text, at);
}

using AsciiSet = std::bitset<128>;

// Parses the characters between the brackets of `[...]`. Returns nullopt for anything but ASCII characters and ranges.
std::optional<AsciiSet> ParseSet(std::string_view inside) {
  AsciiSet set;
  if (inside.empty() || inside.front() == '^') {
    return std::nullopt;
  }
  const auto next = [&inside]() -> std::optional<unsigned> {
    if (inside.front() == '\\') {
      inside.remove_prefix(1);
      const bool names_a_class = inside.empty() || std::isalnum(static_cast<unsigned char>(inside.front())) != 0;
      if (names_a_class) {
        return std::nullopt;
      }
    } else if (inside.front() == '[') {
      return std::nullopt;
    }
    const auto value = static_cast<unsigned char>(inside.front());
    inside.remove_prefix(1);
    return value < AsciiSet().size() ? std::optional<unsigned>(value) : std::nullopt;
  };
  while (!inside.empty()) {
    const std::optional<unsigned> first = next();
    std::optional<unsigned> last = first;
    if (first && inside.size() > 1 && inside.front() == '-') {
      inside.remove_prefix(1);
      last = next();
    }
    if (!first || !last || *last < *first) {
      return std::nullopt;
    }
    for (unsigned value = *first; value <= *last; ++value) {
      set.set(value);
    }
  }
  return set;
}

std::optional<Pattern> SetPattern(std::string_view regex) {
  const bool repeats = regex.ends_with("]+");
  if (!regex.starts_with('[') || !(repeats || regex.ends_with(']'))) {
    return std::nullopt;
  }
  const std::optional<AsciiSet> set = ParseSet(regex.substr(1, regex.size() - (repeats ? 3 : 2)));
  if (!set) {
    return std::nullopt;
  }
  return [set = *set, repeats](std::string_view text, std::size_t at) {
    std::size_t size = 0;
    while (at + size < text.size() && (repeats || size == 0)) {
      const auto byte = static_cast<unsigned char>(text[at + size]);
      if (byte >= set.size() || !set[byte]) {
        break;
      }
      ++size;
    }
    return size;
  };
}

// Matches at least `least` spaces.
Pattern Spaces(std::size_t least) {
  return [least](std::string_view text, std::size_t at) -> std::size_t {
    const std::size_t end = std::min(text.find_first_not_of(' ', at), text.size());
    return end - at >= least ? end - at : 0;
  };
}

}  // namespace

Pattern Literal(std::string literal) {
  return [literal = std::move(literal)](std::string_view text, std::size_t at) -> std::size_t {
    return text.substr(at).starts_with(literal) ? literal.size() : 0;
  };
}

Pattern ClipWords() { return MatchClipWord; }

Pattern Gpt2Words() { return MatchGpt2Word; }

StatusOr<Pattern> PatternFor(std::string_view regex) {
  if (regex == kClipRegex || (regex.starts_with(kClipSpecials) && regex.substr(kClipSpecials.size()) == kClipRegex)) {
    return ClipWords();
  }
  if (regex == kGpt2Regex) {
    return Gpt2Words();
  }
  if (regex == R"(\s+)") {
    return [](std::string_view text, std::size_t at) { return RunSize(text, at, Kind::kSpace); };
  }
  if (regex == " {2,}") {
    return Spaces(2);
  }
  if (regex == " +") {
    return Spaces(1);
  }
  if (std::optional<Pattern> set = SetPattern(regex)) {
    return *std::move(set);
  }
  return absl::InvalidArgumentError(fmt::format("the regular expression {} is not supported", regex));
}

std::vector<Segment> CutAt(std::string_view text, const Pattern& pattern) {
  std::vector<Segment> segments;
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = pattern(text, at);
    if (size == 0) {
      at += std::max<std::size_t>(1, First(text.substr(at)).size);
      continue;
    }
    if (at > from) {
      segments.push_back({.text = text.substr(from, at - from), .match = false});
    }
    segments.push_back({.text = text.substr(at, size), .match = true});
    at += size;
    from = at;
  }
  if (from < text.size()) {
    segments.push_back({.text = text.substr(from), .match = false});
  }
  return segments;
}

std::string ReplaceAll(std::string_view text, const Pattern& pattern, std::string_view replacement) {
  std::string replaced;
  for (const Segment& segment : CutAt(text, pattern)) {
    replaced += segment.match ? replacement : segment.text;
  }
  return replaced;
}

}  // namespace calotype
