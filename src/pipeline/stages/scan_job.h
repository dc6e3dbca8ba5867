// A scan: photos in folders become findings in the catalogue. RunScan() connects the stages of this folder:
//
//   walk -> catalogue -> claim -> [queue] -> decode -> [queue] -> analyse -> [queue] -> write -> catalogue
//
// The queues are bounded, so memory use does not grow with the number of photos. The catalogue stands between the walk
// and the claims: when the process dies, only the photos in the queues are undone, and the next scan finds them
// pending.
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>

#include "base/status.h"
#include "pipeline/photo_analysis.h"
#include "pipeline/scan_events.h"
#include "pipeline/scan_options.h"

namespace calotype {

struct ScanReport {
  int64_t photos = 0;     // files seen
  int64_t unchanged = 0;  // of these, known and not changed since the last scan
  int64_t missing = 0;    // known files that are gone or excluded now
  int64_t forgotten = 0;  // photos deleted from the catalogue because they were missing for too long
  int64_t analysed = 0;   // photos done without a failure
  int64_t failed = 0;     // photos done with at least one failed analysis
  int64_t problems = 0;   // files and folders that could not be read
  int64_t skipped_pdfs = 0;
  int64_t skipped_videos = 0;  // without those of live photos
  bool stopped = false;        // work remains
  bool switching = false;      // findings of other models are still shown, until these are complete
  double seconds = 0;
  std::map<std::string, std::string> devices;  // by analysis
};

// Scans until nothing is pending and all findings are shown (Catalog::CompleteSwitch), until `stop` is requested, or
// until other models are chosen for the library (Catalog::WantModels). In the last two cases photos in progress are
// finished and stored, and the rest stays pending. While the library is paused or the throttle says so, no photo is
// started.
//
// Takes the scan lock. Other processes can follow the scan through its progress file (progress_file.h). Failures of
// photos are stored and reported as events. The returned error is one of the catalogue, such as a full disk, or
// kNotFound for a root that does not exist and never did. Blocks.
// With ScanOptions::only_work it takes no lock and has no progress file, and never ends by itself; kFailedPrecondition
// when nothing was scanned yet, or the library's photos are to be analysed with other models.
// With ScanOptions::only_walk it takes no lock, has no progress file, and ends when the folders are walked. kAborted
// when another process leads the library now.
StatusOr<ScanReport> RunScan(const ScanOptions& options, const PhotoAnalysis& analysis,
                             const ScanSubscriber& subscriber, const std::stop_token& stop);

}  // namespace calotype
