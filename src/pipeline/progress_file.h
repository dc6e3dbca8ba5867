// How far a scan is, for other programs: a small file beside the catalogue. It was preferred to a socket: it lies where
// the catalogue can lie (network file systems have no sockets), any number may read it, a shell too, nobody has to
// listen, and nothing has to be cleared away after a crash.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/status.h"
#include "pipeline/rate.h"
#include "pipeline/scan_progress.h"

namespace calotype {

// What the latest scan of a catalogue told last.
struct ScanNews {
  enum class Life : uint8_t {
    kRunning,
    kEnded,
    kDied,  // no word for ten seconds, or the machine was started anew
  };
  Life life = Life::kRunning;
  int64_t process = 0;
  ScanProgress progress;
  std::optional<double> per_minute;  // photos
};

// Where the scan of the catalogue `catalog_file` tells it.
std::filesystem::path ProgressFilePath(const std::filesystem::path& catalog_file);

// What is written there; nullopt when there never was a scan, or what is there cannot be read.
std::optional<ScanNews> ReadProgress(const std::filesystem::path& file);

// One thread; the scan lock is held. A disk that does not take it is no reason to stop: others then see an old state.
class ProgressFile {
 public:
  explicit ProgressFile(std::filesystem::path file) : file_(std::move(file)) {}

  // Writes it once a second, and when the reason to rest changes.
  void Update(const ScanProgress& progress);
  // The scan came to its end, or was stopped.
  void End(const ScanProgress& progress);

 private:
  void Write(const ScanProgress& progress, bool ended) const;

  const std::filesystem::path file_;
  RateMeter rate_;
  std::optional<RateMeter::Clock::time_point> written_;
  std::string resting_;
};

}  // namespace calotype
