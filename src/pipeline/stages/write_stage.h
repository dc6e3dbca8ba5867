// Last stage of a scan: stores results in the catalogue.
#pragma once

#include <vector>

#include "base/status.h"
#include "catalog/work_source.h"
#include "pipeline/scan_state.h"
#include "pipeline/stages/items.h"

namespace calotype {

class WriteStage {
 public:
  // The references must outlive the stage.
  WriteStage(WorkSource& source, ScanState& state, FinishedQueue& input)
      : source_(source), state_(state), input_(input) {}

  // Acknowledges results until `input` is closed and empty; up to 32 of those that wait go into one transaction. Failed
  // analyses are reported after they are stored. Results of photos that this scan does not hold any more, because their
  // lease ended, are dropped: another process analyses them. An error of the catalogue fails the scan; what was not
  // stored stays claimed. Call it once, on any thread.
  void Run();

 private:
  Status Store(std::vector<FinishedItem>& items);
  void ReportFailures(const FinishedItem& item);

  WorkSource& source_;
  ScanState& state_;
  FinishedQueue& input_;
};

}  // namespace calotype
