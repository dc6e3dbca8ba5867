// Third stage of a scan: opens and decodes the claimed photos.
#pragma once

#include <string>
#include <vector>

#include "pipeline/in_flight.h"
#include "pipeline/process_photo.h"
#include "pipeline/scan_state.h"
#include "pipeline/stages/items.h"
#include "pipeline/stages/lost_roots.h"

namespace calotype {

class DecodeStage {
 public:
  // The references must outlive the stage. `in_flight` may be null: then nothing blames a photo for a crash.
  struct Parts {
    const PhotoTools& tools;
    InFlight* in_flight;
    LostRoots& lost_roots;
    ScanState& state;
    ClaimedQueue& input;
    LoadedQueue& to_analyse;
    FinishedQueue& to_write;  // photos that could not be read, and those that only need their facts
  };
  explicit DecodeStage(const Parts& parts) : parts_(parts) {}

  // Works until `input` is closed and empty. Any number of threads may run it. When the scan stops, and when the disk
  // of a photo has disappeared, photos are left claimed: the end of the scan makes them pending again.
  void Run();

 private:
  void ReadPhoto(const WorkItem& photo);
  void ReadFacts(const WorkItem& photo);
  PhotoResult Unreadable(const WorkItem& photo, const Status& reason) const;

  const Parts parts_;
};

}  // namespace calotype
