// Splits text into words, the first half of BERT's tokenizer: drops control characters, and splits at white space and
// around punctuation and Chinese characters. With `lower_case` it also lower-cases and strips accents.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace calotype {

// google-research/bert, tokenization.py, max_input_chars_per_word: a longer word is unknown as a whole.
inline constexpr std::size_t kMaxWordCharacters = 100;

// Returns the first `max_words` words of `text`. Of a longer word, kMaxWordCharacters + 1 characters are
// kept: enough to see that it is too long, however long it is. Bytes that are not UTF-8 are dropped.
// Thread-safe.
std::vector<std::string> SplitWords(std::string_view text, bool lower_case, std::size_t max_words);

}  // namespace calotype
