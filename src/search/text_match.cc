#include "search/text_match.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "base/text.h"

namespace calotype {
namespace {

constexpr float kLeastScore = 0.8F;
constexpr std::size_t kEnoughCharacters = 12;  // of a whole text, to compare it
constexpr std::size_t kEnoughInLine = 8;
constexpr double kLeastOverlap = 0.5;  // of the pairs of characters
// Lines closer than this, in shares of the photo's sides, are at the same place.
constexpr double kSamePlace = 0.012;

struct Line {
  std::string text;  // lower-case letters, digits and bytes of other scripts
  std::string digits;
  double left = 0;
  double middle = 0;  // height of its middle
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::vector<Line> LinesOf(const PhotoText& text) {
  std::vector<Line> lines;
  for (const TextFinding& found : text.lines) {
    if (found.score < kLeastScore || text.width <= 0 || text.height <= 0) {
      continue;
    }
    Line line{.text = {},
              .digits = {},
              .left = double{found.quad[0].x} / text.width,
              .middle = (double{found.quad[0].y} + found.quad[2].y) / 2 / text.height};
    for (const char c : ToLowerAscii(found.text)) {
      const bool is_other = (static_cast<unsigned char>(c) & 0x80) != 0;
      if (IsDigit(c)) {
        line.digits += c;
      }
      if (IsDigit(c) || (c >= 'a' && c <= 'z') || is_other) {
        line.text += c;
      }
    }
    if (!line.text.empty()) {
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

std::map<std::pair<char, char>, int> PairsOf(const std::vector<Line>& lines) {
  std::map<std::pair<char, char>, int> pairs;
  for (const Line& line : lines) {
    for (std::size_t i = 1; i < line.text.size(); ++i) {
      ++pairs[{line.text[i - 1], line.text[i]}];
    }
  }
  return pairs;
}

// The share of pairs of adjacent characters that two texts have in common (Dice's coefficient).
double Overlap(const std::vector<Line>& a, const std::vector<Line>& b) {
  const auto pairs_a = PairsOf(a);
  const auto pairs_b = PairsOf(b);
  int all = 0;
  int common = 0;
  for (const auto& [pair, count] : pairs_b) {
    all += count;
  }
  for (const auto& [pair, count] : pairs_a) {
    all += count;
    const auto other = pairs_b.find(pair);
    common += other == pairs_b.end() ? 0 : std::min(count, other->second);
  }
  return all == 0 ? 1 : 2.0 * common / all;
}

std::size_t CharactersOf(const std::vector<Line>& lines) {
  std::size_t count = 0;
  for (const Line& line : lines) {
    count += line.text.size();
  }
  return count;
}

bool LinesDiffer(const Line& a, const Line& b) {
  const bool other_digits = a.digits.size() >= 2 && a.digits.size() == b.digits.size() && a.digits != b.digits;
  return other_digits ||
         (a.text.size() >= kEnoughInLine && b.text.size() >= kEnoughInLine && Overlap({a}, {b}) < kLeastOverlap);
}

}  // namespace

bool TextsDiffer(const PhotoText& a, const PhotoText& b) {
  const std::vector<Line> lines_a = LinesOf(a);
  const std::vector<Line> lines_b = LinesOf(b);
  if (CharactersOf(lines_a) >= kEnoughCharacters && CharactersOf(lines_b) >= kEnoughCharacters &&
      Overlap(lines_a, lines_b) < kLeastOverlap) {
    return true;
  }
  return std::ranges::any_of(lines_a, [&](const Line& one) {
    return std::ranges::any_of(lines_b, [&](const Line& other) {
      return std::abs(one.left - other.left) < kSamePlace && std::abs(one.middle - other.middle) < kSamePlace &&
             LinesDiffer(one, other);
    });
  });
}

}  // namespace calotype
