// Second stage of a scan: claims photos with pending analyses, as fast as the later stages take them.
#pragma once

#include <string>
#include <vector>

#include "catalog/models_catalog.h"
#include "catalog/work_source.h"
#include "pipeline/scan_options.h"
#include "pipeline/scan_state.h"
#include "pipeline/stages/items.h"

namespace calotype {

class ClaimStage {
 public:
  // The references must outlive the stage. `analyses` names the analyses whose pending photos are claimed.
  struct Parts {
    WorkSource& source;
    ModelsCatalog& models;
    const ScanOptions& options;
    ScanState& state;
    ClaimedQueue& output;
  };
  ClaimStage(const Parts& parts, std::vector<std::string> analyses) : parts_(parts), analyses_(std::move(analyses)) {}

  // Claims until the walk has ended and all work is done, or the scan stops. While other owners hold photos, the work
  // is not done: if such an owner dies, its photos are claimed here. Waits while the scan rests. A photo whose files
  // are all gone waits for the end of the walk, which may find it at another path. When other models were chosen for
  // the library, it stops the scan (ScanState::Supersede). An error of the catalogue fails the scan. Call it once, on
  // any thread. With ScanOptions::only_work, it waits for further work instead of ending.
  void Run();

 private:
  Status CheckModels();
  StatusOr<bool> ClaimSome();
  Status ClaimAbsentAnew();

  const Parts parts_;
  const std::vector<std::string> analyses_;
  std::vector<PhotoId> absent_;  // claimed, but without a file that exists
};

}  // namespace calotype
