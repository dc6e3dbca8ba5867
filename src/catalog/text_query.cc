#include "catalog/text_query.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace calotype {
namespace {

struct CodeRange {
  uint32_t first;
  uint32_t last;
};

// Blocks of Unicode 15 with scripts that are written without spaces: kana, CJK ideographs with extensions.
constexpr std::array<CodeRange, 5> kUnspacedScripts = {
    {{0x3040, 0x30ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xf900, 0xfaff}, {0x20000, 0x323af}}};

// The length in bytes of the UTF-8 sequence that starts with `lead`; 1 when none does.
std::size_t SequenceLength(unsigned char lead) {
  if (lead >= 0xf0) {
    return 4;
  }
  if (lead >= 0xe0) {
    return 3;
  }
  return lead >= 0xc0 ? 2 : 1;
}

uint32_t CodePoint(std::string_view sequence) {
  constexpr std::array<uint32_t, 5> kLeadMask = {0, 0x7f, 0x1f, 0x0f, 0x07};
  uint32_t code = static_cast<unsigned char>(sequence[0]) & kLeadMask[sequence.size()];
  for (const char c : sequence.substr(1)) {
    code = (code << 6U) | (static_cast<unsigned char>(c) & 0x3fU);
  }
  return code;
}

bool IsUnspaced(std::string_view sequence) {
  const uint32_t code = CodePoint(sequence);
  return std::ranges::any_of(kUnspacedScripts, [code](CodeRange r) { return code >= r.first && code <= r.last; });
}

bool IsSpace(char c) { return static_cast<unsigned char>(c) <= ' '; }

bool HasToken(std::string_view word) {
  return std::ranges::any_of(word, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
  });
}

std::string Quoted(std::string_view word) {
  std::string quoted = "\"";
  for (const char c : word) {
    quoted.append(c == '"' ? 2 : 1, c);
  }
  return quoted + "\"";
}

}  // namespace

std::string IndexedLine(std::string_view line) {
  std::string indexed;
  for (std::size_t i = 0; i < line.size();) {
    const std::size_t length = std::min(SequenceLength(static_cast<unsigned char>(line[i])), line.size() - i);
    const std::string_view sequence = line.substr(i, length);
    if (length == 1) {
      indexed.push_back(IsSpace(line[i]) ? ' ' : line[i]);
    } else if (IsUnspaced(sequence)) {
      indexed.append(" ").append(sequence).append(" ");
    } else {
      indexed.append(sequence);
    }
    i += length;
  }
  return indexed;
}

std::string MatchExpression(std::string_view words) {
  std::string expression;
  for (std::size_t i = 0; i < words.size();) {
    const auto end = static_cast<std::size_t>(
        std::find_if(words.begin() + static_cast<std::ptrdiff_t>(i), words.end(), IsSpace) - words.begin());
    const std::string_view word = words.substr(i, end - i);
    if (HasToken(word)) {
      expression += (expression.empty() ? "" : " ") + Quoted(IndexedLine(word));
      const bool is_last = std::all_of(words.begin() + static_cast<std::ptrdiff_t>(end), words.end(), IsSpace);
      expression += is_last && word.ends_with('*') ? "*" : "";
    }
    i = end + 1;
  }
  return expression;
}

std::string PhraseExpression(std::string_view words) {
  return HasToken(words) ? Quoted(IndexedLine(words)) : std::string();
}

std::string_view LastNames(std::string_view path) {
  constexpr int kNames = 3;
  std::size_t slash = path.size();
  for (int i = 0; i < kNames && slash > 0; ++i) {
    slash = path.rfind('/', slash - 1);
    if (slash == std::string_view::npos) {
      return path;
    }
  }
  return path.substr(slash + 1);
}

std::size_t BestLine(std::string_view highlighted) {
  std::size_t best = 0;
  std::ptrdiff_t best_matches = 0;
  for (std::size_t line = 0;; ++line) {
    const std::size_t end = std::min(highlighted.find('\n'), highlighted.size());
    const auto matches = std::ranges::count(highlighted.substr(0, end), kMatchStart);
    if (matches > best_matches) {
      best = line;
      best_matches = matches;
    }
    if (end == highlighted.size()) {
      return best;
    }
    highlighted.remove_prefix(end + 1);
  }
}

}  // namespace calotype
