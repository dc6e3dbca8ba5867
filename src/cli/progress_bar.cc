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

void WriteError(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

}  // namespace

std::string FormatProgress(const ScanProgress& progress, std::optional<double> per_minute) {
  const int64_t done = progress.analysed + progress.failed;
  const int64_t total = std::max(progress.to_do, done);
  if (!progress.resting.empty()) {
    return fmt::format("{} {}/{} photos  waiting: {}", Bar(done, total), done, total, progress.resting);
  }
  if (total == 0) {
    return fmt::format("looking for photos: {} seen, {} unchanged", progress.photos, progress.unchanged);
  }
  std::string line = fmt::format("{} {}/{}{} photos", Bar(done, total), done, total, progress.walking ? "+" : "");
  if (per_minute.has_value()) {
    line += fmt::format("  {:.0f} photos/min", *per_minute);
  }
  if (const auto left = SecondsLeft(progress, per_minute)) {
    line += fmt::format("  {} left", FormatDuration(*left));
  }
  return progress.failed == 0 ? line : line + fmt::format("  {} failed", progress.failed);
}

std::string FormatProgress(const PullProgress& progress, const RateMeter& rate) {
  std::string line = fmt::format("{} {:.1f}/{:.1f} MB  {}/{} files", Bar(progress.bytes, progress.total),
                                 static_cast<double>(progress.bytes) / kMegabyte,
                                 static_cast<double>(progress.total) / kMegabyte, progress.files_done, progress.files);
  if (const auto per_minute = rate.PerMinute()) {
    line += fmt::format("  {:.1f} MB/s", *per_minute / kMegabyte / kSecondsPerMinute);
  }
  const int64_t left = progress.total - progress.bytes;
  if (const auto seconds = rate.SecondsLeft(left); seconds.has_value() && left > 0) {
    line += fmt::format("  {} left", FormatDuration(*seconds));
  }
  return line;
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
  Draw(now, FormatProgress(progress, rate_.PerMinute()));
}

void ProgressBar::Update(const PullProgress& progress) {
  const auto now = std::chrono::steady_clock::now();
  rate_.Add(now, progress.bytes);
  Draw(now, FormatProgress(progress, rate_));
}

void ProgressBar::Draw(std::chrono::steady_clock::time_point now, const std::string& line) {
  if (ErrorIsTerminal()) {
    // Back to the line's start, drawn over, the rest erased.
    WriteError(fmt::format("\r{}\033[K", line));
  } else if (now - last_line_ >= kPlainInterval) {
    last_line_ = now;
    WriteError(line + "\n");
  }
}

void ProgressBar::Clear() {
  if (ErrorIsTerminal()) {
    WriteError("\r\033[K");
  }
}

}  // namespace calotype
