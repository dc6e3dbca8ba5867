// Fourth stage of a scan: runs the analyses on decoded photos.
#pragma once

#include "pipeline/in_flight.h"
#include "pipeline/process_photo.h"
#include "pipeline/scan_state.h"
#include "pipeline/stages/decode_stage.h"
#include "pipeline/stages/items.h"

namespace calotype {

class AnalyseStage {
 public:
  // The references must outlive the stage. `in_flight` may be null: then a crash is not attributed to a photo. `decode`
  // may be null, too: then the threads of this stage only wait for decoded photos.
  AnalyseStage(const PhotoTools& tools, InFlight* in_flight, const ScanState& state, DecodeStage* decode,
               LoadedQueue& input, FinishedQueue& output)
      : tools_(tools), in_flight_(in_flight), state_(state), decode_(decode), input_(input), output_(output) {}

  // Works until `input` is closed and empty. The result of a document follows its last page. Waits while the scan
  // rests. Any number of threads may run it. A thread that finds no decoded photo decodes one with `decode` and
  // analyses it at once, so that all cores work when decoding is what takes longest. At least one thread must run
  // `decode`. Where decoding waits for memory that decoded photos hold, `decode` must be null.
  void Run();

 private:
  void Analyse(LoadedItem item);

  const PhotoTools& tools_;
  InFlight* const in_flight_;
  const ScanState& state_;
  DecodeStage* const decode_;
  LoadedQueue& input_;
  FinishedQueue& output_;
};

}  // namespace calotype
