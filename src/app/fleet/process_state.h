// The state of a worker or coordinator, for those who watch over it.
#pragma once

#include <optional>

#include "base/status.h"
#include "catalog/process_catalog.h"

namespace calotype {

struct ProcessState {
  ProcessRole role = ProcessRole::kWorker;
  Status reachable;  // OK while it works and the catalogue answers; else why not
  bool leads = false;
  ProcessFigures figures;
};

}  // namespace calotype
