// Text to words, the first half of BERT's tokenizer: control characters dropped, lower-cased, accents stripped, split
// at white space and around punctuation and Chinese characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace calotype {

// google-research/bert, tokenization.py, max_input_chars_per_word: a longer word is unknown as a whole.
inline constexpr std::size_t kMaxWordCharacters = 100;

// At most `max_words` words of `text` in their order; what comes after is not looked at. A word with more than
// kMaxWordCharacters characters is cut one behind that, so that a hostile text costs no memory. Bytes that are not
// UTF-8 are dropped. Pure; any thread.
std::vector<std::string> SplitWords(std::string_view text, bool lower_case, std::size_t max_words);

}  // namespace calotype
