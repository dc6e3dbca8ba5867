// Standard output and standard error: plain text in a pipe, colour and a moving line on a terminal.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/printable.h"  // IWYU pragma: export (what comes from photos is printed through it)
#include "base/status.h"

namespace calotype {

// True when standard output is a terminal and NO_COLOR is not set.
bool OutputIsTerminal();
// True when standard error is a terminal.
bool ErrorIsTerminal();

// The width of the terminal at standard output or standard error, in columns; nullopt if it is unknown or no terminal.
std::optional<std::size_t> OutputColumns();
std::optional<std::size_t> ErrorColumns();

// `text` in bold, dim, green or red; unchanged when standard output is no terminal.
std::string Bold(std::string_view text);
std::string Dim(std::string_view text);
std::string Green(std::string_view text);
std::string Red(std::string_view text);

// Call once, first thing in main(): writing to a closed pipe or socket then fails instead of killing the process, and
// no file gets the number of a standard stream that was closed.
void PrepareOutput();

// Writes `text` to standard output, unchanged. When the reader has closed the pipe, ends the program with SIGPIPE.
// Other errors are kept for OutputStatus(), and nothing more is written. One thread at a time.
void Print(std::string_view text);
// The first error of Print(), such as kResourceExhausted for a full disk. main() returns it as the program's result;
// code that prints for a long time asks in between.
Status OutputStatus();

// Writes "calotype: message" and a newline to standard error; `message` becomes printable (see PrintableLines). A log
// file gets it too, as an error; a log on standard error in JSON gets it instead.
void PrintError(std::string_view message);

// True when a question can be asked: standard input and standard output are terminals.
bool CanAsk();
// Asks on the terminal and waits for the answer. Everything but "y", "Y" and "yes" is a no. Only if CanAsk().
bool AskYesOrNo(std::string_view question);

// `text` (UTF-8, one column a character) in at most `columns`; longer text is cut and ends in "...".
std::string CutToColumns(std::string_view text, std::size_t columns);

}  // namespace calotype
