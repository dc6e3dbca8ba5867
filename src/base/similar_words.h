// Suggestions for mistyped names.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace calotype {

// The number of edits that turn `a` into `b`: insert, delete or replace a byte, or swap two adjacent ones.
int EditDistance(std::string_view a, std::string_view b);

// Returns "did you mean 'analyze' or 'analyse'?" with at most three of the `known` names, nearest first; empty if none
// is near. A name is near if at most two edits are needed (one for words of up to four bytes).
std::string DidYouMean(std::string_view word, std::span<const std::string> known);

}  // namespace calotype
