// How a searched word and a label are held against each other.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace calotype {

// The singular that `word` (lower case) may be the plural of, by three rules, the first that fits: "...ies" of five
// letters or more becomes "...y"; "...xes", "...ches", "...shes" and "...sses" lose "es"; "...s" of four letters or
// more that is no "...ss" loses "s". Both sides of a comparison are folded, so that a wrong singular ("cactu") does no
// harm.
std::string FoldPlural(std::string_view word);

// The words of `text`, lower case (ASCII), plurals folded; letters, digits and all beyond ASCII make words.
std::vector<std::string> LabelWords(std::string_view text);

// True when `words` stand in `label_words` one after the other; false when `words` is empty.
bool ContainsWords(const std::vector<std::string>& label_words, const std::vector<std::string>& words);

}  // namespace calotype
