// What the commands share: the settings, and the parts of the house that they open when they need them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/analyser.h"
#include "base/folders.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "cli/app_config.h"
#include "inference/model_cache.h"
#include "inference/placement/device_set.h"
#include "models/pack.h"
#include "photo/places.h"
#include "pipeline/photo_analysis.h"

namespace calotype {

// A pack, and models of it that are not those which it would choose itself.
struct ModelChoice {
  std::string pack;                            // by name
  std::map<std::string, std::string> choices;  // by task: "objects", "accurate"
};

// "objects=accurate,ocr.detect=fast", as the catalogue keeps choices; and back.
std::string ChoicesText(const std::map<std::string, std::string>& choices);
std::map<std::string, std::string> ParseChoices(std::string_view text);

// What models are opened for; each as in PlacementSettings.
struct ModelUse {
  int threads = 1;
  int parallel = 1;
  bool measure_all = false;
  bool few_runs = false;

  // `workers` (at least one) that look at photos side by side, and share the cores of this machine among them.
  static ModelUse Of(int64_t workers);
};

// A pack with a cache of its sessions. Analysers and encoders that were made from it must not outlive it.
struct Models {
  Pack pack;
  std::map<std::string, std::string> choices;  // as in ModelChoice
  DeviceSet devices;
  std::shared_ptr<Placement> placement;
  std::unique_ptr<ModelCache> cache;  // last: it uses the others

  // Measures devices that are new, before the work begins, and says on stderr that it does. A stop is heeded between
  // two trials; the next call goes on from there.
  void MeasureDevices(const std::stop_token& stop = {}) const;
  // kFailedPrecondition when the pack has no model for `task`.
  StatusOr<const ModelSpec*> Require(std::string_view task) const;
  // The text encoder called `name`, or the pack's only one when that is empty. kFailedPrecondition when there is none.
  StatusOr<const ModelSpec*> TextEncoder(const std::string& name) const;
  // Cosine from which two faces are one person's, as the pack's face model states it.
  StatusOr<float> FaceMatchThreshold() const;
  // As the catalogue books it.
  ModelSet Set() const;
};

inline constexpr std::string_view kNoPlaces =
    "there are no names of places here: tools/setup/fetch_places fetches them, the next scan fills them in";

class App {
 public:
  App() { config_.Register(registry_); }
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  ConfigRegistry& registry() { return registry_; }
  const AppConfig& config() const { return config_; }
  const Folders& folders() const { return folders_; }

  // Reads file, environment and `assignments` ("key=value"), in this order.
  Status Configure(const std::vector<std::string>& assignments);

  // Where indices of embeddings are kept: derived files, beside the catalogue.
  std::filesystem::path VectorsFolder() const { return config_.catalog_file + ".vectors"; }

  // Opens the pack in use and the engines.
  StatusOr<std::unique_ptr<Models>> OpenModels(const ModelUse& use) const;
  // The same with another pack.
  StatusOr<std::unique_ptr<Models>> OpenModels(const ModelChoice& choice, const ModelUse& use) const;
  StatusOr<std::unique_ptr<Models>> OpenModels(Pack pack, const ModelUse& use) const;
  // What new findings come from: what the settings say, else what `models use` chose for the library, else the first
  // pack that is installed of those that people use.
  ModelChoice PackInUse() const;
  // That pack with those models. kFailedPrecondition when it is not installed, or lacks one of them.
  StatusOr<Pack> LoadPackInUse() const { return LoadChosen(PackInUse()); }
  StatusOr<Pack> LoadChosen(const ModelChoice& choice) const;
  // What the command line set: "key=value" each.
  const std::vector<std::string>& assignments() const { return assignments_; }
  // Where int8 forms of models are kept.
  std::filesystem::path QuantisedFolder() const { return folders_.cache / "quantised"; }
  // Where measurements and failures of devices are kept.
  std::filesystem::path DeviceFile() const { return folders_.cache / "devices.json"; }
  // All analysers of the pack, restricted to `only`.
  static StatusOr<std::unique_ptr<PhotoAnalysis>> OpenAnalysis(const Models& models,
                                                               const std::vector<std::string>& only);
  // The catalogue, created when it is not there and `create`; kFailedPrecondition "scan first" else.
  StatusOr<std::unique_ptr<Catalog>> OpenCatalog(bool create) const;

  // Names of places. kNotFound where there are none (kNoPlaces says what to do).
  StatusOr<std::shared_ptr<const PlaceIndex>> LoadPlaces() const;
  // The same; null where there are none.
  StatusOr<std::shared_ptr<const PlaceIndex>> LoadPlacesIfAny() const;

  // Cores of this machine.
  static int Cores();

 private:
  AppConfig config_;
  ConfigRegistry registry_;
  Folders folders_;
  std::vector<std::string> assignments_;
};

// `path` absolute and normal, as the catalogue keeps it.
std::filesystem::path CatalogPath(const std::string& path);

// kInvalidArgument when `output`, which a command is to write, is a photo of the library, present or not.
Status CheckIsNoPhoto(Catalog& catalog, const std::string& output);

}  // namespace calotype
