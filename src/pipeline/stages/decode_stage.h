// Third stage of a scan: opens and decodes the claimed photos.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "catalog/work_source.h"
#include "pipeline/in_flight.h"
#include "pipeline/process_photo.h"
#include "pipeline/scan_state.h"
#include "pipeline/stages/items.h"
#include "pipeline/stages/lost_roots.h"

namespace calotype {

class DecodeStage {
 public:
  // The references must outlive the stage. `in_flight` may be null: then a crash is not attributed to a photo.
  struct Parts {
    const PhotoTools& tools;
    WorkSource& source;
    InFlight* in_flight;
    LostRoots& lost_roots;
    ScanState& state;
    ClaimedQueue& input;
    LoadedQueue& to_analyse;
    FinishedQueue& to_write;  // photos that could not be read, and those that only need their facts
  };
  explicit DecodeStage(const Parts& parts) : parts_(parts) {}

  // Works until `input` is closed and empty; waits while the scan rests. Any number of threads may run it. A photo
  // whose files were changed since they were scanned, or whose disk has disappeared, becomes pending again; this scan
  // does not try it again. When the scan stops, the rest stays claimed. The pages of a document follow each other.
  void Run();

  using Take = std::function<void(LoadedItem)>;

  // The same for one photo, on a thread that would otherwise wait: reads the next photo of `input` and passes it, and
  // the other pages of a document, to `take` instead of `to_analyse`. False if `input` has none now.
  bool ReadOne(const Take& take);

 private:
  void Read(const WorkItem& item, const Take& take);
  void ReadPhoto(const WorkItem& item, const Take& take);
  void ReadOtherPages(const WorkItem& item, const std::shared_ptr<Document>& document, const Take& take);
  void ReadFacts(const WorkItem& item);
  bool GiveBack(const WorkItem& item, const Status& reason);
  AnalysisOutcome OutcomeOf(const StatusOr<LoadedFacts>& read) const;
  PhotoResult Unreadable(const WorkItem& item, const Status& reason) const;

  const Parts parts_;
};

}  // namespace calotype
