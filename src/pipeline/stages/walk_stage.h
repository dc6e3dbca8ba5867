// First stage of a scan: walks the folders and adds new and changed files to the catalogue.
#pragma once

#include "catalog/scanner_catalog.h"
#include "pipeline/scan_options.h"
#include "pipeline/scan_state.h"

namespace calotype {

class WalkStage {
 public:
  // The references must outlive the stage. `catalog` is a connection of its own: the stage writes while others do.
  WalkStage(ScannerCatalog& catalog, const ScanOptions& options, ScanState& state)
      : catalog_(catalog), options_(options), state_(state) {}

  // Walks all roots, or ScanOptions::parts only, then calls ScanState::EndWalk(). Files that cannot be read are
  // reported as failures; an error of the catalogue ends the scan. Call it once, on any thread.
  void Run();

 private:
  ScannerCatalog& catalog_;
  const ScanOptions& options_;
  ScanState& state_;
};

}  // namespace calotype
