// Compares searched words with labels.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace calotype {

// The singular of which `word` (lower case) may be the plural. The first rule that matches counts: "...ies" of five
// letters or more becomes "...y"; "...xes", "...ches", "...shes" and "...sses" lose "es"; "...s" of four letters or
// more, but not "...ss", loses "s". Both sides of a comparison are folded, so a wrong singular ("cactu") does no harm.
std::string FoldPlural(std::string_view word);

// The words of `text` in lower case (ASCII) with plurals folded. Words consist of letters, digits and non-ASCII bytes.
std::vector<std::string> LabelWords(std::string_view text);

// True when `label_words` contains `words` as a consecutive sequence; false when `words` is empty.
bool ContainsWords(const std::vector<std::string>& label_words, const std::vector<std::string>& words);

}  // namespace calotype
