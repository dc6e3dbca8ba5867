// The progress of a scan for other programs: a small JSON file beside the catalogue. A file works where a socket does
// not: on network file systems, for any number of readers and shell scripts, and after a crash.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/rate.h"
#include "base/status.h"
#include "pipeline/scan_progress.h"

namespace calotype {

// The last report of the latest scan.
struct ScanNews {
  enum class Life : uint8_t {
    kRunning,
    kEnded,
    kDied,  // no report for ten seconds, or the machine was restarted
  };
  Life life = Life::kRunning;
  int64_t process = 0;
  ScanProgress progress;
  std::optional<double> per_minute;  // photos
};

// Reads a progress file; nullopt when there was no scan yet, or the file cannot be read.
std::optional<ScanNews> ReadProgress(const std::filesystem::path& file);

// Writes the progress file. For one thread, which holds the scan lock. Write errors are ignored: other programs then
// see an old state.
class ProgressFile {
 public:
  explicit ProgressFile(std::filesystem::path file) : file_(std::move(file)) {}

  // Writes the file at most once a second, and when the reason to rest changes.
  void Update(const ScanProgress& progress);
  // Records that the scan ended or was stopped.
  void End(const ScanProgress& progress);

 private:
  void Write(const ScanProgress& progress, bool ended) const;

  const std::filesystem::path file_;
  RateMeter rate_;
  std::optional<RateMeter::Clock::time_point> written_;
  std::string resting_;
};

}  // namespace calotype
