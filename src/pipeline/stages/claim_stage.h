// Second stage of a scan: claims photos with pending analyses, as fast as the later stages take them.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "pipeline/scan_options.h"
#include "pipeline/scan_state.h"
#include "pipeline/stages/items.h"

namespace calotype {

class ClaimStage {
 public:
  // The references must outlive the stage. `analyses` names the analyses whose pending photos are claimed.
  ClaimStage(Catalog& catalog, WorkSource& source, std::vector<std::string> analyses, const ScanOptions& options,
             ScanState& state, ClaimedQueue& output)
      : catalog_(catalog), source_(source), analyses_(std::move(analyses)), options_(options), state_(state), output_(output) {}

  // Claims until the walk has ended, nothing is pending and no other owner holds photos, or the scan stops. Rests while the library is paused or the
  // throttle says so. When other models were chosen for the library, it stops the scan (ScanState::Supersede). An error
  // of the catalogue fails the scan. Call it once, on any thread.
  void Run();

 private:
  Status CheckModels();
  bool Rests();
  StatusOr<bool> ClaimSome();

  Catalog& catalog_;
  WorkSource& source_;
  const std::vector<std::string> analyses_;
  const ScanOptions& options_;
  ScanState& state_;
  ClaimedQueue& output_;
};

}  // namespace calotype
