#include "base/similar_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace calotype {
namespace {

constexpr std::size_t kSuggestions = 3;
constexpr std::size_t kShortWord = 4;

}  // namespace

int EditDistance(std::string_view a, std::string_view b) {
  // Rows of the table of distances between the beginnings of `a` and of `b`: before the last, the last, the current
  // one.
  std::vector<int> before(b.size() + 1);
  std::vector<int> last(b.size() + 1);
  std::vector<int> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = static_cast<int>(j);
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, last);
    std::swap(last, row);
    row[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

std::string DidYouMean(std::string_view word, std::span<const std::string> known) {
  const int limit = word.size() <= kShortWord ? 1 : 2;
  std::vector<std::pair<int, std::string_view>> near;
  for (const std::string& name : known) {
    if (const int distance = EditDistance(word, name); distance <= limit) {
      near.emplace_back(distance, name);
    }
  }
  std::ranges::stable_sort(near, {}, &std::pair<int, std::string_view>::first);
  near.resize(std::min(near.size(), kSuggestions));
  std::string text;
  for (std::size_t i = 0; i < near.size(); ++i) {
    const char* const before = i == 0 ? "did you mean " : i + 1 == near.size() ? " or " : ", ";
    text += fmt::format("{}'{}'", before, near[i].second);
  }
  return text.empty() ? "" : text + "?";
}

}  // namespace calotype
