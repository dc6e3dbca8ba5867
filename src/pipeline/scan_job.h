// The main job: folders in, findings in the catalogue.
//
//   scanner -> catalogue -> dispatcher -> [queue] -> decoders -> [queue] -> analysts -> [queue] -> writer -> catalogue
//
// Each arrow is a bounded queue, so that memory stays flat; the catalogue stands between scanner and dispatcher, so
// that a process that dies loses at most what was in the queues, which the next scan finds pending.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "catalog/catalog.h"
#include "photo/decode.h"
#include "pipeline/photo_analysis.h"

namespace calotype {

struct ScanOptions {
  std::filesystem::path catalog_file;
  std::vector<std::filesystem::path> roots;  // absolute, normal; files or folders
  ModelSet models;                           // those of the analysis
  bool wait = false;                         // until the scan lock is free; else a scan elsewhere is an error
  int workers = 1;                           // analysts side by side
  DecodeLimits limits;
};

// A moment of a running scan.
struct ScanProgress {
  bool walking = true;    // folders are still being read: `photos` grows
  int64_t photos = 0;     // files seen
  int64_t unchanged = 0;  // known and the same
  int64_t to_do = 0;      // photos with work, as far as known
  int64_t analysed = 0;   // photos done, all well
  int64_t failed = 0;     // photos done, something failed
};

struct ScanReport {
  int64_t photos = 0;
  int64_t unchanged = 0;
  int64_t missing = 0;
  int64_t analysed = 0;
  int64_t failed = 0;    // photos with at least one failed analysis
  int64_t problems = 0;  // files and folders that could not be read
  bool stopped = false;
  bool switching = false;  // findings of other models are still shown, until these are complete
  double seconds = 0;
  std::map<std::string, std::string> devices;  // by analysis
};

struct ScanHandlers {
  // About twenty times a second, from the thread that called RunScan.
  std::function<void(const ScanProgress&)> on_progress;
  // A file, folder or analysis that failed; from any thread, one at a time. `analysis` is "read" for what could not be
  // opened.
  std::function<void(std::string_view path, std::string_view analysis, std::string_view reason)> on_failure;
};

// Scans until everything pending is done and shown (Catalog::CompleteSwitch), or `stop` is requested, or other models
// are chosen for the library (Catalog::WantModels): then photos in flight are finished and stored, the rest stays
// pending. Takes the scan lock. A photo's failure is booked and told, not returned: errors are those of the catalogue
// (a full disk) and of roots that do not exist. Blocks.
StatusOr<ScanReport> RunScan(const ScanOptions& options, const PhotoAnalysis& analysis, const ScanHandlers& handlers,
                             const std::stop_token& stop);

}  // namespace calotype
