#include "cli/terminal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "base/file.h"
#include "base/log.h"

namespace calotype {
namespace {

std::string Styled(std::string_view text, int code) {
  return OutputIsTerminal() ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
}

// The program ends as others do whose reader is gone: by SIGPIPE, silently.
[[noreturn]] void EndForClosedPipe() {
  constexpr int kBySignal = 128;
  signal(SIGPIPE, SIG_DFL);
  sigset_t pipe_alone;
  sigemptyset(&pipe_alone);
  sigaddset(&pipe_alone, SIGPIPE);
  pthread_sigmask(SIG_UNBLOCK, &pipe_alone, nullptr);
  raise(SIGPIPE);
  _exit(kBySignal + SIGPIPE);
}

Status& FirstOutputError() {
  static Status error;
  return error;
}

std::optional<std::size_t> ColumnsOf(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return std::nullopt;
  }
  return size.ws_col;
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

std::optional<std::size_t> OutputColumns() { return ColumnsOf(STDOUT_FILENO); }

std::optional<std::size_t> ErrorColumns() { return ColumnsOf(STDERR_FILENO); }

std::string Bold(std::string_view text) { return Styled(text, 1); }

std::string Dim(std::string_view text) { return Styled(text, 2); }

std::string Green(std::string_view text) { return Styled(text, 32); }

std::string Red(std::string_view text) { return Styled(text, 31); }

void PrepareOutput() {
  signal(SIGPIPE, SIG_IGN);
  // A file that is opened later must not get the number of a closed standard stream: what is printed would end up in
  // it.
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) < 0 && errno == EBADF) {
      // Opened the wrong way round, so that its use still fails.
      open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
  }
}

void Print(std::string_view text) {
  while (!text.empty() && OutputStatus().ok()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      EndForClosedPipe();
    } else if (errno != EINTR) {
      FirstOutputError() = ErrnoStatus(errno, "cannot write to standard output");
    }
  }
}

Status OutputStatus() { return FirstOutputError(); }

bool CanAsk() { return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1; }

bool AskYesOrNo(std::string_view question) {
  Print(std::string(question) + " [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

void PrintError(std::string_view message) {
  if (const LogTarget log = CurrentLogTarget(); !log.is_plain()) {
    Log(LogLevel::kError, message);
    if (log.file.empty()) {
      return;
    }
  }
  const std::string line = fmt::format("calotype: {}\n", PrintableLines(message));
  std::fwrite(line.data(), 1, line.size(), stderr);
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
