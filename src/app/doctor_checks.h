// The single checks of RunDoctor(). A check does not fail as a function: what is wrong is its answer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/app.h"
#include "app/doctor.h"
#include "app/open_models.h"
#include "base/status.h"
#include "inference/compatibility/machine_probe.h"
#include "inference/placement/device_set.h"

namespace calotype {

// The folders of catalogue and devices can be written and have enough space.
DoctorCheck CheckConfiguration(const App& app);
// The catalogue and the names of places open. It is fine if there is none of them yet.
DoctorCheck CheckCatalogue(const App& app);
// The folders that were scanned are there and can be read, on this machine or in object storage.
DoctorCheck CheckStorage(const App& app);
// A small photo of each format is decoded to the right colours.
DoctorCheck CheckDecoders();
// The processes that read photos start, and the kernel keeps them from everything else, unless the settings say not to.
// Names libraries of versions with known holes.
DoctorCheck CheckSandbox(const Settings& settings);
// `library` ("LibRaw 0.20.2-Release"), with the version to upgrade to if this one has known holes.
std::string WithKnownHoles(const std::string& library);
// ONNX Runtime opened, and OpenVINO too unless the settings exclude it.
DoctorCheck CheckEngines(const StatusOr<DeviceSet>& devices);
// Every NVIDIA GPU of the machine and every GPU that a policy names can be used. `facts` are those of this machine.
DoctorCheck CheckGpu(const Settings& settings, const StatusOr<DeviceSet>& devices, const MachineFacts& facts);
// Every file of the pack in use has the SHA-256 that the manifest states.
DoctorCheck CheckModelFiles(const App& app);

// All models of the pack in use, loaded. Not thread-safe.
class LoadedModels {
 public:
  // Measures the devices that were not measured before and loads every model. `on_progress` as in RunDoctor().
  LoadedModels(const App& app, const std::function<void(const DoctorProgress&)>& on_progress);

  // Every model loads, passes its self-test and has a device.
  DoctorCheck CheckDevices() const;
  // A photo of the pack's self-tests goes through all analyses.
  DoctorCheck CheckPhoto() const;
  // By name; empty when the engines or the pack cannot be opened.
  std::vector<ModelOnDevice> models() const;

 private:
  Status Open();

  const App& app_;
  std::unique_ptr<Models> models_;
  std::unique_ptr<PhotoAnalysis> analysis_;
  std::unique_ptr<TextEncoder> encoder_;
  std::vector<ModelReport> reports_;
  Status problem_;  // why there are no reports
};

}  // namespace calotype
