// What goes to the terminal: plain text when piped, colour and a moving line when a person watches.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace calotype {

// True when standard output is a terminal (and NO_COLOR is not set).
bool OutputIsTerminal();
// True when standard error is one.
bool ErrorIsTerminal();

// Columns of the terminal that standard output is; nullopt when it is none, or does not tell.
std::optional<std::size_t> OutputColumns();

// `text` for a terminal that shows it bold, dim, green or red; unchanged when standard output is none.
std::string Bold(std::string_view text);
std::string Dim(std::string_view text);
std::string Green(std::string_view text);
std::string Red(std::string_view text);

// To standard output, as it is. A reader that went away (a closed pipe) is no error.
void Print(std::string_view text);
// "calotype: message" and a newline to standard error.
void PrintError(std::string_view message);

// `text` made safe for a line on a terminal: control characters and broken UTF-8 become "?".
std::string Printable(std::string_view text);

// `text` (UTF-8, a column a character) in no more than `columns`: what is too long ends in "...".
std::string CutToColumns(std::string_view text, std::size_t columns);

}  // namespace calotype
