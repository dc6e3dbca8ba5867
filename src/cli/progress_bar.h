// The progress line of a scan and of a download.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "app/library_status.h"
#include "app/models_pull.h"
#include "base/rate.h"
#include "pipeline/scan_progress.h"

namespace calotype {

// "[#####-----]  20/40 photos  52 photos/min  23 s left": pure. `per_minute` is of photos.
std::string FormatProgress(const ScanProgress& progress, std::optional<double> per_minute);

// "[#####-----]  120.0/850.2 MB  2/9 files  12.5 MB/s  58 s left": pure. `rate` is of bytes.
std::string FormatProgress(const PullProgress& progress, const RateMeter& rate);

// Draws on standard error: a line that is redrawn on a terminal, one line every half minute when piped. While it lives,
// log messages go above the line. One thread calls Update(); Clear() may be called from any before it prints.
class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Update(const ScanProgress& progress);
  void Update(const PullProgress& progress);
  // Takes the line off the terminal.
  static void Clear();

 private:
  void Draw(std::chrono::steady_clock::time_point now, const std::string& line);

  RateMeter rate_;
  std::chrono::steady_clock::time_point last_line_ = std::chrono::steady_clock::now();
};

}  // namespace calotype
