// The progress line of a scan and of a download.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "app/library_status.h"
#include "app/models_pull.h"
#include "base/rate.h"
#include "pipeline/scan_progress.h"

namespace calotype {

// "[#####-----] 20/40+ photos  52 photos/min  23 s left"; the "+" shows that folders are still being read and the
// number still grows. `per_minute` is of photos. A line that is longer than `columns` loses the bar, then the rate,
// then the time left, and is cut if it is still too long.
std::string FormatProgress(const ScanProgress& progress, std::optional<double> per_minute,
                           std::optional<std::size_t> columns = std::nullopt);

// "[#####-----] 120.0/850.2 MB  2/9 files  12.5 MB/s  58 s left", shortened in the same way. `rate` is of bytes.
std::string FormatProgress(const PullProgress& progress, const RateMeter& rate,
                           std::optional<std::size_t> columns = std::nullopt);

// Draws on standard error: on a terminal a line that is redrawn, elsewhere a log line every half minute.
// One thread calls Update(). Any thread calls Clear() before it prints; main() makes the log do so.
class ProgressBar {
 public:
  ProgressBar() = default;
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Update(const ScanProgress& progress);
  void Update(const PullProgress& progress);
  // Erases the line, or any other one that is redrawn on standard error.
  static void Clear();

 private:
  void Draw(std::chrono::steady_clock::time_point now, const std::string& line);

  RateMeter rate_;
  std::chrono::steady_clock::time_point last_line_ = std::chrono::steady_clock::now();
};

}  // namespace calotype
