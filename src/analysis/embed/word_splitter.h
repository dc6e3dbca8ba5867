// Splits text into words, the first half of BERT's tokenizer: drops control characters, lower-cases, strips accents,
// and splits at white space and around punctuation and Chinese characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace calotype {

// google-research/bert, tokenization.py, max_input_chars_per_word: a longer word is unknown as a whole.
inline constexpr std::size_t kMaxWordCharacters = 100;

// Returns the first `max_words` words of `text`. A word with more than kMaxWordCharacters characters is truncated one
// character beyond that limit, so that a hostile text does not use memory. Bytes that are not UTF-8 are dropped.
// Thread-safe.
std::vector<std::string> SplitWords(std::string_view text, bool lower_case, std::size_t max_words);

}  // namespace calotype
