// The state of a worker or coordinator, for those who watch over it.
#pragma once

#include <optional>

#include "base/status.h"
#include "catalog/process_catalog.h"

namespace calotype {

struct ProcessState {
  ProcessRole role = ProcessRole::kWorker;
  Status ready;      // OK while it does its work; else why it does not
  Status reachable;  // how the catalogue answered last
  bool leads = false;
  ProcessFigures figures;
};

}  // namespace calotype
