#include "analysis/embed/word_splitter.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

namespace calotype {
namespace {

using Character = utf8proc_int32_t;

struct CharacterRange {
  Character first;
  Character last;
};

// The blocks that google-research/bert treats as Chinese. The start of the last extension is that of Hugging Face's
// tokenizers, which made the token ids of most vocabularies; it leaves out the block before it, 2B820..2B91F.
constexpr std::array<CharacterRange, 8> kChinese = {{{0x4E00, 0x9FFF},
                                                     {0x3400, 0x4DBF},
                                                     {0x20000, 0x2A6DF},
                                                     {0x2A700, 0x2B73F},
                                                     {0x2B740, 0x2B81F},
                                                     {0x2B920, 0x2CEAF},
                                                     {0xF900, 0xFAFF},
                                                     {0x2F800, 0x2FA1F}}};

bool IsChinese(Character c) {
  return std::ranges::any_of(kChinese, [c](const CharacterRange& r) { return c >= r.first && c <= r.last; });
}

bool IsSpace(Character c) {
  const utf8proc_category_t category = utf8proc_category(c);
  return c == '\t' || c == '\n' || c == '\r' || category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

// Unicode's category "Other" without unassigned characters, which include the emoji of future Unicode versions.
bool IsControl(Character c) {
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
      return true;
    default:
      return false;
  }
}

bool IsPunctuation(Character c) {
  // BERT counts ASCII symbols ("$", "+", "^", "`") as punctuation; Unicode does not.
  if (c < 0x80) {
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
  }
  const utf8proc_category_t category = utf8proc_category(c);
  return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

class Splitter {
 public:
  Splitter(bool lower_case, std::size_t max_words) : lower_case_(lower_case), max_words_(max_words) {}

  bool full() const { return words_.size() >= max_words_; }

  void Take(Character c) {
    constexpr Character kReplacement = 0xFFFD;
    if (IsSpace(c)) {
      EndWord();
    } else if (c == kReplacement || IsControl(c)) {
      return;
    } else if (lower_case_) {
      TakeFolded(c);
    } else {
      Add(c, IsChinese(c));
    }
  }

  std::vector<std::string> Finish() && {
    EndWord();
    return std::move(words_);
  }

 private:
  // Decomposes each character by itself. NFD would also reorder neighbouring marks, but nearly all marks that it moves
  // are dropped here.
  void TakeFolded(Character c) {
    constexpr std::size_t kLongestDecomposition = 8;  // the longest canonical one in Unicode has 4
    std::array<Character, kLongestDecomposition> parts{};
    int last_boundary_class = 0;
    const utf8proc_ssize_t count =
        utf8proc_decompose_char(c, parts.data(), parts.size(), UTF8PROC_DECOMPOSE, &last_boundary_class);
    if (count < 0 || count > static_cast<utf8proc_ssize_t>(parts.size())) {
      return;
    }
    // Check for Chinese before decomposing: that changes compatibility ideographs and splits Hangul.
    const bool alone = IsChinese(c);
    for (const Character part : std::span(parts).first(static_cast<std::size_t>(count))) {
      if (utf8proc_category(part) != UTF8PROC_CATEGORY_MN) {
        Add(utf8proc_tolower(part), alone);
      }
    }
  }

  void Add(Character c, bool alone) {
    alone = alone || IsPunctuation(c);
    if (alone) {
      EndWord();
    }
    if (characters_ <= kMaxWordCharacters) {
      std::array<utf8proc_uint8_t, 4> bytes{};
      const utf8proc_ssize_t size = utf8proc_encode_char(c, bytes.data());
      word_.append(bytes.begin(), bytes.begin() + size);
      ++characters_;
    }
    if (alone) {
      EndWord();
    }
  }

  void EndWord() {
    if (!word_.empty() && !full()) {
      words_.push_back(std::exchange(word_, {}));
    }
    word_.clear();
    characters_ = 0;
  }

  const bool lower_case_;
  const std::size_t max_words_;
  std::vector<std::string> words_;
  std::string word_;
  std::size_t characters_ = 0;  // in word_
};

}  // namespace

std::vector<std::string> SplitWords(std::string_view text, bool lower_case, std::size_t max_words) {
  Splitter splitter(lower_case, max_words);
  while (!text.empty() && !splitter.full()) {
    Character c = 0;
    const utf8proc_ssize_t size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                                   static_cast<utf8proc_ssize_t>(text.size()), &c);
    if (size <= 0) {  // a byte that starts no character
      text.remove_prefix(1);
      continue;
    }
    splitter.Take(c);
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return std::move(splitter).Finish();
}

}  // namespace calotype
