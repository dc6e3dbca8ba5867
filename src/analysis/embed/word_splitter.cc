#include "analysis/embed/word_splitter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/unicode.h"

namespace calotype {
namespace {

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

// U+000B, U+000C and U+0085 are white space for Unicode, but control characters for BERT.
bool IsBertSpace(Character c) { return c == '\t' || c == '\n' || c == '\r' || (IsWhiteSpace(c) && !IsControl(c)); }

bool IsBertPunctuation(Character c) {
  // BERT counts ASCII symbols ("$", "+", "^", "`") as punctuation; Unicode does not.
  if (c < 0x80) {
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
  }
  return IsPunctuation(c);
}

class Splitter {
 public:
  Splitter(bool lower_case, std::size_t max_words) : lower_case_(lower_case), max_words_(max_words) {}

  bool full() const { return words_.size() >= max_words_; }

  void Take(Character c) {
    constexpr Character kReplacement = 0xFFFD;
    if (IsBertSpace(c)) {
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
    // Check for Chinese before decomposing: that changes compatibility ideographs and splits Hangul.
    const bool alone = IsChinese(c);
    std::string character;
    AppendCharacter(c, character);
    const std::string decomposed = c < 0x80 ? character : ToNormalForm(character, NormalForm::kNfd);
    for (std::string_view rest = decomposed; !rest.empty();) {
      const FirstCharacter part = First(rest);
      if (part.size == 0) {
        return;
      }
      if (!IsNonSpacingMark(part.value)) {
        Add(LowerCharacter(part.value), alone);
      }
      rest.remove_prefix(part.size);
    }
  }

  void Add(Character c, bool alone) {
    alone = alone || IsBertPunctuation(c);
    if (alone) {
      EndWord();
    }
    if (characters_ <= kMaxWordCharacters) {
      AppendCharacter(c, word_);
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
    const FirstCharacter first = First(text);
    if (first.size == 0) {  // a byte that starts no character
      text.remove_prefix(1);
      continue;
    }
    splitter.Take(first.value);
    text.remove_prefix(first.size);
  }
  return std::move(splitter).Finish();
}

}  // namespace calotype
