#include "cli/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "base/log.h"
#include "base/units.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

constexpr std::chrono::seconds kPlainInterval{30};
constexpr int64_t kBarWidth = 24;
constexpr double kMegabyte = 1e6;
constexpr double kSecondsPerMinute = 60;

std::string Bar(int64_t done, int64_t total) {
  const int64_t filled = total > 0 ? kBarWidth * done / total : 0;
  return fmt::format("[{}{}]", std::string(static_cast<std::size_t>(filled), '#'),
                     std::string(static_cast<std::size_t>(kBarWidth - filled), '-'));
}

// A line of progress in parts.
struct Parts {
  std::string bar;
  std::string done;
  std::string rate;
  std::string left;
  std::string failed;
};

std::string Join(const Parts& parts) {
  std::string line = parts.bar + (parts.bar.empty() ? "" : " ") + parts.done;
  for (const std::string* part : {&parts.rate, &parts.left, &parts.failed}) {
    line += (part->empty() ? "" : "  ") + *part;
  }
  return line;
}

std::string Fit(Parts parts, std::optional<std::size_t> columns) {
  for (std::string* const part : {&parts.bar, &parts.rate, &parts.left}) {
    if (!columns || Join(parts).size() <= *columns) {
      break;
    }
    part->clear();
  }
  const std::string line = Join(parts);
  return columns ? CutToColumns(line, *columns) : line;
}

// One column less than the terminal has: some terminals start a new line after the last column.
std::optional<std::size_t> Room() {
  const std::optional<std::size_t> columns = ErrorColumns();
  return columns && *columns > 1 ? std::optional(*columns - 1) : std::nullopt;
}

void WriteError(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

}  // namespace

std::string FormatProgress(const ScanProgress& progress, std::optional<double> per_minute,
                           std::optional<std::size_t> columns) {
  const int64_t done = progress.analysed + progress.failed;
  const int64_t total = std::max(progress.to_do, done);
  if (total == 0 && progress.resting.empty()) {
    return Fit({.done = fmt::format("looking for photos: {} seen, {} unchanged", progress.photos, progress.unchanged)},
               columns);
  }
  Parts parts{.bar = Bar(done, total),
              .done = fmt::format("{}/{}", done,
                                  progress.walking ? fmt::format("{}+ photos", total) : Counted(total, "photo"))};
  if (!progress.resting.empty()) {
    parts.done = fmt::format("{}/{}  waiting: {}", done, Counted(total, "photo"), progress.resting);
    return Fit(parts, columns);
  }
  if (per_minute.has_value()) {
    parts.rate = fmt::format("{:.0f} photos/min", *per_minute);
  }
  if (const auto left = SecondsLeft(progress, per_minute)) {
    parts.left = fmt::format("{} left", FormatDuration(*left));
  }
  if (progress.failed > 0) {
    parts.failed = fmt::format("{} failed", progress.failed);
  }
  return Fit(parts, columns);
}

std::string FormatProgress(const PullProgress& progress, const RateMeter& rate, std::optional<std::size_t> columns) {
  Parts parts{.bar = Bar(progress.bytes, progress.total),
              .done = fmt::format("{:.1f}/{:.1f} MB  {}/{}", static_cast<double>(progress.bytes) / kMegabyte,
                                  static_cast<double>(progress.total) / kMegabyte, progress.files_done,
                                  Counted(progress.files, "file"))};
  if (const auto per_minute = rate.PerMinute()) {
    parts.rate = fmt::format("{:.1f} MB/s", *per_minute / kMegabyte / kSecondsPerMinute);
  }
  const int64_t left = progress.total - progress.bytes;
  if (const auto seconds = rate.SecondsLeft(left); seconds.has_value() && left > 0) {
    parts.left = fmt::format("{} left", FormatDuration(*seconds));
  }
  return Fit(parts, columns);
}

ProgressBar::~ProgressBar() { Clear(); }

void ProgressBar::Update(const ScanProgress& progress) {
  const auto now = std::chrono::steady_clock::now();
  rate_.Add(now, progress.analysed + progress.failed);
  Draw(now, FormatProgress(progress, rate_.PerMinute(), Room()));
}

void ProgressBar::Update(const PullProgress& progress) {
  const auto now = std::chrono::steady_clock::now();
  rate_.Add(now, progress.bytes);
  Draw(now, FormatProgress(progress, rate_, Room()));
}

void ProgressBar::Draw(std::chrono::steady_clock::time_point now, const std::string& line) {
  if (ErrorIsTerminal()) {
    // Returns to the start of the line, overwrites it and erases what is left of it.
    WriteError(fmt::format("\r{}\033[K", line));
  } else if (now - last_line_ >= kPlainInterval) {
    last_line_ = now;
    Log(LogLevel::kNotice, line);
  }
}

void ProgressBar::Clear() {
  if (ErrorIsTerminal()) {
    WriteError("\r\033[K");
  }
}

}  // namespace calotype
