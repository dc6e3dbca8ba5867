// Makes int8 forms of the models of the pack in use, calibrated with photos of the library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/app.h"
#include "base/status.h"

namespace calotype {

struct QuantiseRequest {
  std::vector<std::string> tasks;  // empty: every task of the pack that can be calibrated with photos
  static constexpr int kPhotos = 64;
  int photos = kPhotos;  // to calibrate with
};

struct QuantisedModel {
  struct Form {
    int64_t bytes = 0;
    std::size_t layers = 0;           // that can be computed in 8 bits
    std::size_t layers_finer = 0;     // of these, layers whose weights have 8 bits instead of 7
    std::size_t layers_in_float = 0;  // of these, layers that were left in fp32
    double float_ms = 0;              // of one run in fp32
    double ms = 0;                    // of one run in int8; 0: it failed the self-test
    bool agrees = false;              // with fp32
    std::string agreement;            // how well, as the self-test measures it
  };

  std::string task;
  std::string name;
  int64_t bytes = 0;         // of the fp32 model
  std::size_t runs = 0;      // that it was calibrated with
  std::optional<Form> form;  // nullopt: none was made
  bool used = false;         // scans will run the int8 form
  std::string why_not;       // it is not used
  bool failed = false;       // no form because of an error; false if the model has nothing to quantise or to compare
};

// A step has begun.
struct QuantiseProgress {
  enum class Step {
    kNoPhotos,          // the library has none: calibrating with the `total` photos of the pack's self-tests
    kPhoto,             // photo `done` of `total` is analysed with the models
    kRange,             // run `done` of `total`: the range of numbers in the layers
    kMeasuringForm,     // the int8 form is compared with fp32
    kMeasuringDevices,  // the int8 form is compared with other devices
    kFinished,          // comes once, also after an error
  };

  Step step = Step::kFinished;
  std::string models;  // the names of models or tasks
  std::size_t done = 0;
  std::size_t total = 0;
};

// "objects: photo 3 of 64"; empty for kNoPhotos and kFinished.
std::string StepText(const QuantiseProgress& progress);

// Records what the photos give each model, makes the int8 form that agrees with fp32 and is fast, and measures whether
// it is the fastest choice on this machine. Takes up to minutes for a model. A form is complete or not there at all; a
// stop keeps those that are complete. Calls `on_progress` on the caller's thread.
//   kInvalidArgument     a task that is not known or cannot be calibrated with photos
//   kFailedPrecondition  the pack is not installed or has no model for a task
//   kCancelled           stopped
//   kResourceExhausted   no space in the cache folder
StatusOr<std::vector<QuantisedModel>> Quantise(const App& app, const QuantiseRequest& request,
                                               const std::function<void(const QuantiseProgress&)>& on_progress,
                                               const std::stop_token& stop);

}  // namespace calotype
