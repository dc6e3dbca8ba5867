// What `calotype doctor` looks at, one function a check. A check never fails as a function: what is wrong is its
// answer.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/app.h"
#include "app/open_models.h"
#include "base/status.h"
#include "inference/compatibility/machine_probe.h"

namespace calotype {

struct Check {
  std::string name;
  bool ok = false;
  std::string detail;  // a line: what was seen
  std::string remedy;  // what to do; empty when ok
};

// The settings were read and its folders can be written, with room left.
Check CheckConfiguration(const App& app);
// The catalogue opens, and so do the names of places; none yet is fine.
Check CheckCatalogue(const App& app);
// A photo of each format is decoded, and shows what it should.
Check CheckDecoders();
// ONNX Runtime, and OpenVINO unless the settings do without.
Check CheckEngines(const StatusOr<DeviceSet>& devices);
// Whether an NVIDIA GPU that is there, or a GPU that a policy asks for, can be used. `facts` are the machine's.
Check CheckGpu(const App& app, const StatusOr<DeviceSet>& devices, const MachineFacts& facts);
// Every file of the pack in use is the one that its manifest means.
Check CheckModelFiles(const App& app);

// The models of the pack at work. Not thread-safe.
class ModelsAtWork {
 public:
  // Loads every model, measuring first what was not measured yet; says so on a terminal's standard error.
  explicit ModelsAtWork(const App& app);

  // Every model loads, passes its self-test and runs somewhere.
  Check CheckDevices() const;
  // A photo goes through all analyses.
  Check CheckPhoto() const;
  // By name; empty when the engines or the pack do not open.
  const std::vector<ModelReport>& reports() const { return reports_; }

 private:
  Status Open();

  const App& app_;
  std::unique_ptr<Models> models_;
  std::unique_ptr<PhotoAnalysis> analysis_;
  std::unique_ptr<TextEncoder> encoder_;
  std::vector<ModelReport> reports_;
  Status problem_;  // why there are none
};

}  // namespace calotype
