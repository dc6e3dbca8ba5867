#include "cli/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "base/log.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

constexpr std::chrono::seconds kPlainInterval{30};
constexpr int64_t kBarWidth = 24;

void WriteError(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

}  // namespace

std::string FormatProgress(const ScanProgress& progress, const RateMeter& rate) {
  const int64_t done = progress.analysed + progress.failed;
  const int64_t total = std::max(progress.to_do, done);
  if (total == 0) {
    return fmt::format("looking for photos: {} seen, {} unchanged", progress.photos, progress.unchanged);
  }
  const int64_t filled = kBarWidth * done / total;
  std::string line = fmt::format("[{}{}] {}/{}{} photos", std::string(static_cast<std::size_t>(filled), '#'),
                                 std::string(static_cast<std::size_t>(kBarWidth - filled), '-'), done, total,
                                 progress.walking ? "+" : "");
  if (const auto per_minute = rate.PerMinute()) {
    line += fmt::format("  {:.0f} photos/min", *per_minute);
  }
  if (const auto left = rate.SecondsLeft(total - done); left.has_value() && total > done) {
    line += fmt::format("  {} left", FormatDuration(*left));
  }
  return progress.failed == 0 ? line : line + fmt::format("  {} failed", progress.failed);
}

ProgressBar::ProgressBar() {
  SetLogSink([](LogLevel /*level*/, std::string_view message) {
    Clear();
    PrintError(message);
  });
}

ProgressBar::~ProgressBar() {
  Clear();
  SetLogSink(nullptr);
}

void ProgressBar::Update(const ScanProgress& progress) {
  const auto now = std::chrono::steady_clock::now();
  rate_.Add(now, progress.analysed + progress.failed);
  if (ErrorIsTerminal()) {
    // Back to the line's start, drawn over, the rest erased.
    WriteError(fmt::format("\r{}\033[K", FormatProgress(progress, rate_)));
  } else if (now - last_line_ >= kPlainInterval) {
    last_line_ = now;
    WriteError(FormatProgress(progress, rate_) + "\n");
  }
}

void ProgressBar::Clear() {
  if (ErrorIsTerminal()) {
    WriteError("\r\033[K");
  }
}

}  // namespace calotype
