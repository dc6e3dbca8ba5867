// Switches the library to other models, and deletes what earlier ones found.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/app.h"
#include "app/events.h"
#include "app/model_choice.h"
#include "base/status.h"

namespace calotype {

struct UseRequest {
  std::string pack;                  // an installed pack; empty with `undo`
  std::vector<std::string> choices;  // "TASK=CHOICE" each
  bool undo = false;                 // go back to the models before these; their results were kept
};

// kInvalidArgument if the request has neither a pack nor `undo`, or both, or choices with `undo`.
Status CheckUseRequest(const UseRequest& request);

// The models that the next scan switches to.
struct BegunSwitch {
  ModelChoice choice;
  std::string shown;   // the pack whose results are shown until the switch is complete
  int64_t photos = 0;  // of the library
};

// Loads all models of the request, so that a broken one is found now and not hours later, and records in the catalogue
// that they are wanted. A scan with these models (ScanRequest::models) then analyses the photos and completes the
// switch. Creates the catalogue if there is none, unless the pack is not installed. `on_measurement` is as in
// Models::MeasureDevices().
//   kInvalidArgument     as CheckUseRequest()
//   kFailedPrecondition  nothing to undo; the pack is not installed, lacks a choice, or one of its models does not load
//   kCancelled           `stop` was requested; nothing was recorded
StatusOr<BegunSwitch> BeginSwitch(const App& app, const UseRequest& request,
                                  const std::function<void(const DeviceMeasurement&)>& on_measurement,
                                  const std::stop_token& stop = {});

struct DeletedResults {
  std::optional<std::string> pack;  // whose results they were; nullopt: no models were in use before the present ones
  int64_t photos = 0;               // that had such results
};

// Deletes the results of the models before the present ones, which were kept for UseRequest::undo.
// kFailedPrecondition when nothing was scanned yet.
StatusOr<DeletedResults> DeletePreviousResults(const App& app);

}  // namespace calotype
