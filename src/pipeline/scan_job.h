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
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_budget.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "photo/photo_reader.h"
#include "photo/places.h"
#include "pipeline/photo_analysis.h"
#include "pipeline/scan_progress.h"
#include "pipeline/scanner.h"
#include "pipeline/throttle.h"

namespace calotype {

struct ScanOptions {
  std::filesystem::path catalog_file;
  std::vector<std::filesystem::path> roots;  // absolute, normal; files or folders
  ModelSet models;                           // those of the analysis
  // When another scan holds the lock: books what is new, which that one then looks at, and waits for its end; else it
  // is an error.
  bool wait = false;
  int workers = 1;  // analysts side by side
  std::shared_ptr<const PhotoReader> reader = CreateInProcessReader();  // never null
  DecodeLimits limits;
  MemorySettings memory;                     // photos wait for it, or are refused when they alone take more
  std::shared_ptr<const PlaceIndex> places;  // null: photos get no names of places
  ScannerOptions scanner;
  std::vector<std::filesystem::path> parts;  // folders below one of the roots: when there are any, only they are walked
  ThrottleOptions throttle;
  int64_t forget_before = 0;  // Catalog::ForgetMissing; 0: nothing is forgotten
};

struct ScanReport {
  int64_t photos = 0;
  int64_t unchanged = 0;
  int64_t missing = 0;
  int64_t forgotten = 0;  // photos that were missing for too long
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
  // ScanOptions::wait, and there is something to wait for: "another scan of this catalogue is running (process 12)".
  // May be empty.
  std::function<void(std::string_view reason)> on_wait;
};

// How far it is can be read in the file of progress_file.h beside the catalogue meanwhile.
//
// While Catalog::Paused() or the throttle says so, nothing new is begun; what was begun is finished.
//
// Scans until everything pending is done and shown (Catalog::CompleteSwitch), or `stop` is requested, or other models
// are chosen for the library (Catalog::WantModels): then photos in flight are finished and stored, the rest stays
// pending. Takes the scan lock. A photo's failure is booked and told, not returned: errors are those of the catalogue
// (a full disk) and of roots that do not exist and never did. Blocks.
StatusOr<ScanReport> RunScan(const ScanOptions& options, const PhotoAnalysis& analysis, const ScanHandlers& handlers,
                             const std::stop_token& stop);

}  // namespace calotype
