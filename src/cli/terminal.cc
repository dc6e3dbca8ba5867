#include "cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace calotype {
namespace {

std::string Styled(std::string_view text, int code) {
  return OutputIsTerminal() ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
}

// Bytes of the UTF-8 sequence that starts with `lead`; 0 for a byte that starts none.
std::size_t SequenceLength(unsigned char lead) {
  if (lead < 0x80) {
    return 1;
  }
  if (lead >= 0xC2 && lead < 0xE0) {
    return 2;
  }
  if (lead >= 0xE0 && lead < 0xF0) {
    return 3;
  }
  return lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
}

bool IsSequence(std::string_view bytes, std::size_t length) {
  if (length == 0 || bytes.size() < length) {
    return false;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(bytes[i]) & 0xC0) != 0x80) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool OutputIsTerminal() {
  static const bool kTerminal = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  return kTerminal;
}

bool ErrorIsTerminal() {
  static const bool kTerminal = isatty(STDERR_FILENO) == 1;
  return kTerminal;
}

std::optional<std::size_t> OutputColumns() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return std::nullopt;
  }
  return size.ws_col;
}

std::string Bold(std::string_view text) { return Styled(text, 1); }

std::string Dim(std::string_view text) { return Styled(text, 2); }

std::string Green(std::string_view text) { return Styled(text, 32); }

std::string Red(std::string_view text) { return Styled(text, 31); }

void Print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void PrintError(std::string_view message) {
  const std::string line = fmt::format("calotype: {}\n", message);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

std::string Printable(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = SequenceLength(lead);
    if (lead < 0x20 || lead == 0x7F || !IsSequence(text, length)) {
      safe += '?';
      text.remove_prefix(1);
    } else {
      safe += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return safe;
}

std::string CutToColumns(std::string_view text, std::size_t columns) {
  constexpr std::string_view kEllipsis = "...";
  const auto starts_character = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; };
  if (static_cast<std::size_t>(std::ranges::count_if(text, starts_character)) <= columns) {
    return std::string(text);
  }
  const std::size_t kept = columns - std::min(columns, kEllipsis.size());
  std::size_t bytes = 0;
  for (std::size_t seen = 0; bytes < text.size(); ++bytes) {
    if (starts_character(text[bytes]) && seen++ == kept) {
      break;
    }
  }
  return std::string(text.substr(0, bytes)) + std::string(kEllipsis.substr(0, columns - kept));
}

}  // namespace calotype
