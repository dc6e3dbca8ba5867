// The settings of the program and the paths of its files.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/settings.h"
#include "base/config.h"
#include "base/folders.h"
#include "base/status.h"
#include "catalog/catalog_files.h"
#include "inference/placement/model_observer.h"

namespace calotype {

// Call Configure() once, before anything else. Only after it succeeded may settings(), folders() and the paths below be
// used; then any number of threads may read them.
class App {
 public:
  App() { settings_.Register(registry_); }
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Reads the configuration file, the environment and `assignments` ("key=value"), in this order; later ones win.
  Status Configure(const std::vector<std::string>& assignments);
  // What Configure() returned.
  const Status& configured() const { return configured_; }

  ConfigRegistry& registry() { return registry_; }
  const Settings& settings() const { return settings_; }
  const Folders& folders() const { return folders_; }
  // What Configure() was given: what the command line set.
  const std::vector<std::string>& assignments() const { return assignments_; }

  // The files of the catalogue that the setting catalog.file names.
  const CatalogFiles& catalog_files() const { return *catalog_files_; }
  // The folder of the vector indices: derived files beside the catalogue.
  std::filesystem::path VectorsFolder() const { return catalog_files_->vectors(); }
  // The folder of the int8 forms of models.
  std::filesystem::path QuantisedFolder() const { return folders_.cache / "quantised"; }
  // The folder of models that an engine compiled for a device.
  std::filesystem::path CompiledFolder() const { return folders_.cache / "compiled"; }
  // The tokens of the server's clients (TokenStore).
  std::filesystem::path TokensFile() const { return folders_.data / "tokens.json"; }
  // The file with the measurements and failures of devices (DeviceStore).
  std::filesystem::path VerifiedFile() const { return folders_.cache / "verified_models.txt"; }
  std::filesystem::path DeviceFile() const { return folders_.cache / "devices.json"; }

  // Told about the models that are opened from now on; null: nobody. Must outlive them. Not while others use this
  // object.
  void ObserveModels(ModelObserver* observer) { observer_ = observer; }
  ModelObserver* model_observer() const { return observer_; }

  // CPU cores of this machine, at least 1.
  static int Cores();

 private:
  Status Apply();

  Status configured_ = absl::FailedPreconditionError("the settings were not read");
  Settings settings_;
  ConfigRegistry registry_;
  Folders folders_;
  std::optional<CatalogFiles> catalog_files_;  // set by Configure()
  std::vector<std::string> assignments_;
  ModelObserver* observer_ = nullptr;
};

}  // namespace calotype
