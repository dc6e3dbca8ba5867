// What services report while they work: values, without text for a terminal.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "base/status.h"
#include "pipeline/scan_events.h"
#include "pipeline/stages/scan_job.h"

namespace calotype {

// The devices of the model `name`, number `model` (from 1) of `models`, are about to be measured. After the last model
// comes one more event with `finished`.
struct DeviceMeasurement {
  int64_t model = 0;
  int64_t models = 0;
  std::string name;
  bool finished = false;
};

// The system cannot report changes in this folder, so a scan that watches looks at it every scan.poll_s seconds.
struct FolderPolled {
  std::string folder;
  std::string reason;  // "on a network file system (NFS)"
};

// The request of ScanService::Start() is finished: OK when it ran to its end or was stopped.
struct ScanEnded {
  Status status;
};

// A ScanReport ends each scan; a request that watches folders makes several scans. ScanEnded is the last event of a
// request.
using Event =
    std::variant<DeviceMeasurement, ScanProgress, ScanFailure, ScanWaiting, FolderPolled, ScanReport, ScanEnded>;

// Called by the threads of a service, one call at a time, while no lock of the service is held.
using EventHandler = std::function<void(const Event&)>;

}  // namespace calotype
