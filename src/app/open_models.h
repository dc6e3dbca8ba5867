// Opens the models of a pack on the devices of this machine.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "app/app.h"
#include "app/events.h"
#include "app/model_choice.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "inference/placement/device_set.h"
#include "inference/placement/model_cache.h"
#include "models/pack.h"
#include "pipeline/photo_analysis.h"

namespace calotype {

// What models are opened for; the members mean the same as in PlacementSettings.
struct ModelUse {
  int threads = 1;
  int parallel = 1;
  bool measure_all = false;
  bool few_runs = false;
  bool announce = false;
  bool serves = false;
  // No model is used, so no engine is opened: that takes time and memory. See NeedModels().
  bool none = false;

  // For `workers` (at least one) that analyse photos in parallel and share the cores of this machine.
  static ModelUse Of(int64_t workers);
};

// A pack and the cache of its sessions. Analysers and encoders made from it must not outlive it. Thread-safe once
// opened.
struct Models {
  Pack pack;
  std::map<std::string, std::string> choices;  // as in ModelChoice
  DeviceSet devices;
  std::shared_ptr<Placement> placement;
  std::unique_ptr<ModelCache> cache;  // last: it uses the others

  // Measures the devices that were never measured; takes seconds for each model. Calls `on_measurement` before each
  // model and after the last; it is not called when nothing has to be measured. A stop takes effect between two
  // trials; the next call continues from there.
  void MeasureDevices(const std::function<void(const DeviceMeasurement&)>& on_measurement,
                      const std::stop_token& stop = {}) const;
  // kFailedPrecondition when the pack has no model for `task`.
  StatusOr<const ModelSpec*> Require(std::string_view task) const;
  // The text encoder called `name`, or the pack's only one when `name` is empty. kFailedPrecondition when there is
  // none.
  StatusOr<const ModelSpec*> TextEncoder(const std::string& name) const;
  // The cosine from which two faces count as one person, as the pack's face model states it.
  StatusOr<float> FaceMatchThreshold() const;
  // In the form in which the catalogue stores it.
  ModelSet Set() const;
};

// True if one of the analyses `only` uses a model; empty means all analyses.
bool NeedModels(std::span<const std::string> only);

// Opens the pack in use and the engines. No model is loaded before it is first used.
StatusOr<std::unique_ptr<Models>> OpenModels(const App& app, const ModelUse& use);
// The same with another pack.
StatusOr<std::unique_ptr<Models>> OpenModels(const App& app, const ModelChoice& choice, const ModelUse& use);
StatusOr<std::unique_ptr<Models>> OpenModels(const App& app, Pack pack, const ModelUse& use);

// All analysers of the pack, restricted to `only` (names of analyses) unless that is empty. `models` must outlive it.
StatusOr<std::unique_ptr<PhotoAnalysis>> OpenAnalysis(const Models& models, const std::vector<std::string>& only);

}  // namespace calotype
