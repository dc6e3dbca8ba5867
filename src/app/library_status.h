// The state of a library: its photos, analyses, failures, devices, models, and the running scan.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/library.h"
#include "base/status.h"
#include "catalog/process_catalog.h"
#include "inference/placement/device_store.h"
#include "pipeline/progress_file.h"

namespace calotype {

struct LibraryStatus {
  bool scanned = true;  // false: nothing was scanned yet, and the rest is empty
  bool paused = false;  // calotype pause; scans of this library rest
  CatalogStatus catalog;
  LibraryModels models;
  std::map<std::string, PlacementRecord> placements;  // by model: the device that each ran on last
  std::vector<ProcessRecord> processes;               // the workers and coordinators that live, on any machine
  std::optional<ScanNews> scan;                       // of this or another process; nullopt: there never was a scan
};

// kFailedPrecondition when nothing was scanned yet.
StatusOr<LibraryStatus> ReadStatus(Library& library);

// The progress of the latest scan of this library, in whichever process it ran; nullopt when there never was one.
// Cheap: reads one small file. kFailedPrecondition when nothing was scanned yet.
StatusOr<std::optional<ScanNews>> ReadScanNews(Library& library);

// The seconds that the rest of a scan takes at `per_minute` photos a minute; nullopt when the rate is unknown or
// nothing is left.
std::optional<double> SecondsLeft(const ScanProgress& progress, std::optional<double> per_minute);

}  // namespace calotype
