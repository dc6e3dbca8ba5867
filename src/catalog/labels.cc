#include "catalog/labels.h"

#include <algorithm>

#include "base/text.h"

namespace calotype {
namespace {

bool IsWordByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

}  // namespace

std::string FoldPlural(std::string_view word) {
  if (word.size() >= 5 && word.ends_with("ies")) {
    return std::string(word.substr(0, word.size() - 3)) + "y";
  }
  if (word.ends_with("xes") || word.ends_with("ches") || word.ends_with("shes") || word.ends_with("sses")) {
    return std::string(word.substr(0, word.size() - 2));
  }
  if (word.size() >= 4 && word.ends_with('s') && !word.ends_with("ss")) {
    return std::string(word.substr(0, word.size() - 1));
  }
  return std::string(word);
}

std::vector<std::string> LabelWords(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto finish = [&] {
    if (!word.empty()) {
      words.push_back(FoldPlural(word));
      word.clear();
    }
  };
  for (const char c : text) {
    IsWordByte(c) ? word.push_back(ToLowerAscii(c)) : finish();
  }
  finish();
  return words;
}

bool ContainsWords(const std::vector<std::string>& label_words, const std::vector<std::string>& words) {
  return !words.empty() && !std::ranges::search(label_words, words).empty();
}

}  // namespace calotype
