// Checks the installation: settings, catalogue, decoders, engines, devices and models. The report is a value, for a
// program to print or a server to show.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/app.h"

namespace calotype {

struct DoctorCheck {
  std::string name;
  bool ok = false;
  std::string detail;  // one line: what was seen
  std::string remedy;  // what to do; empty when ok
};

// A device that a model does not run on.
struct RejectedDevice {
  std::string device;  // "openvino gpu f16"
  std::string reason;

  bool operator==(const RejectedDevice&) const = default;
};

// Where one model of the pack in use runs.
struct ModelOnDevice {
  struct Measurement {
    double milliseconds = 0;  // of one run on the input of its self-test
    std::string agreement;    // how well the result agrees with fp32 on the CPU
  };

  std::string name;
  std::string problem;                     // why it does not load; then device and precision are empty
  std::string device;                      // engine and device, without versions: "onnxruntime cpu"
  std::string precision;                   // "f32"
  std::optional<Measurement> measurement;  // nullopt: not measured, since its manifest has no self-test
  std::vector<RejectedDevice> not_used;
};

struct DoctorReport {
  std::vector<std::string> fixed;  // what DoctorRequest::fix did, one sentence each
  std::vector<DoctorCheck> checks;
  std::vector<ModelOnDevice> models;  // by name; empty when the engines or the pack cannot be opened

  std::size_t passed() const;
  bool ok() const { return passed() == checks.size(); }
};

struct DoctorRequest {
  // First deletes all measurements of devices, so that they are made again, and rebuilds the pack in use if a file of
  // it is missing or damaged.
  bool fix = false;
};

// A step that takes seconds has begun; kFinished comes once, when no such step is left.
struct DoctorProgress {
  enum class Step { kMeasuring, kLoading, kFinished };

  Step step = Step::kFinished;
  std::string model;  // its name; empty for kFinished
};

// Runs all checks; a check that fails is part of the report, so this does not fail. If App::Configure() failed, that is
// the first check, and the others are not tried. Loads every model of the pack in
// use and measures the devices that were not measured before: up to minutes on the first run, seconds later. Calls
// `on_progress` on the caller's thread.
DoctorReport RunDoctor(const App& app, const DoctorRequest& request,
                       const std::function<void(const DoctorProgress&)>& on_progress);

}  // namespace calotype
