#include "catalog/text_query.h"

#include <algorithm>
#include <array>

#include "base/unicode.h"

namespace calotype {
namespace {

struct CodeRange {
  Character first;
  Character last;
};

// Blocks of Unicode 15 with scripts that are written without spaces: kana, CJK ideographs with extensions.
constexpr std::array<CodeRange, 5> kUnspacedScripts = {
    {{0x3040, 0x30ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xf900, 0xfaff}, {0x20000, 0x323af}}};

bool IsUnspaced(Character c) {
  return std::ranges::any_of(kUnspacedScripts, [c](CodeRange r) { return c >= r.first && c <= r.last; });
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
  const std::string composed = ReplaceSpecialLetters(ToNormalForm(line, NormalForm::kNfkc));
  std::string indexed;
  for (std::string_view rest = composed; !rest.empty();) {
    const FirstCharacter first = First(rest);
    const std::size_t length = std::max<std::size_t>(first.size, 1);
    const std::string_view sequence = rest.substr(0, length);
    if (length == 1) {
      indexed.push_back(IsSpace(rest[0]) ? ' ' : rest[0]);
    } else if (IsUnspaced(first.value)) {
      indexed.append(" ").append(sequence).append(" ");
    } else {
      indexed.append(sequence);
    }
    rest.remove_prefix(length);
  }
  return indexed;
}

std::string IndexedLines(std::string_view lines) {
  std::string indexed;
  while (true) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    indexed += IndexedLine(lines.substr(0, end));
    if (end == lines.size()) {
      return indexed;
    }
    indexed += '\n';
    lines.remove_prefix(end + 1);
  }
}

std::vector<QueryPhrase> QueryPhrases(std::string_view words, bool phrase) {
  if (phrase) {
    return HasToken(words) ? std::vector{QueryPhrase{.text = words}} : std::vector<QueryPhrase>();
  }
  std::vector<QueryPhrase> phrases;
  for (std::size_t i = 0; i < words.size();) {
    const auto end = static_cast<std::size_t>(
        std::find_if(words.begin() + static_cast<std::ptrdiff_t>(i), words.end(), IsSpace) - words.begin());
    if (const std::string_view word = words.substr(i, end - i); HasToken(word)) {
      const bool is_last = std::all_of(words.begin() + static_cast<std::ptrdiff_t>(end), words.end(), IsSpace);
      phrases.push_back({.text = word, .prefix = is_last && word.ends_with('*')});
    }
    i = end + 1;
  }
  return phrases;
}

std::string MatchExpression(std::string_view words) {
  std::string expression;
  for (const QueryPhrase& phrase : QueryPhrases(words, /*phrase=*/false)) {
    expression += (expression.empty() ? "" : " ") + Quoted(IndexedLine(phrase.text)) + (phrase.prefix ? "*" : "");
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
