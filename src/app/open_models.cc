#include "app/open_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>
#include <utility>

#include "inference/engines/compiled_folder.h"
#include "models/verified_files.h"

namespace calotype {
namespace {

// A compiled model that was not loaded for this long belongs to an engine, a pack or settings no longer in use.
constexpr std::chrono::days kCompiledUnused{60};

// All other models work on the results of these.
const std::set<std::string> kTasksOfEveryPhoto = {"objects", "embed.image", "ocr.detect", "faces.detect"};

// Hashes the files of a model before it is loaded, unless they are known not to have changed. Other models (Immich's)
// have no hashes.
std::function<Status(const ModelFile&)> CheckFilesOf(const Pack& pack, const std::filesystem::path& store) {
  auto verified = std::make_shared<VerifiedFiles>(store);
  return [models = pack.models, verified](const ModelFile& file) {
    const auto model = std::ranges::find(models, file.path, &ModelSpec::path);
    return model == models.end() ? absl::OkStatus() : verified->Check(*model);
  };
}

}  // namespace

ModelUse ModelUse::Of(int64_t workers) {
  return {.threads = static_cast<int>(std::max<int64_t>(1, App::Cores() / workers)),
          .parallel = static_cast<int>(workers)};
}

void Models::MeasureDevices(const std::function<void(const DeviceMeasurement&)>& on_measurement,
                            const std::stop_token& stop) const {
  DeviceMeasurement event{.model = 0, .models = static_cast<int64_t>(cache->Unmeasured().size()), .name = ""};
  if (event.models == 0) {
    return;
  }
  const auto report = [&](const std::string& name) {
    ++event.model;
    event.name = name;
    on_measurement(event);
  };
  cache->Measure(report, stop);
  event.finished = true;
  on_measurement(event);
}

StatusOr<const ModelSpec*> Models::Require(std::string_view task) const {
  const ModelSpec* const model = pack.Find(task);
  if (model == nullptr) {
    return absl::FailedPreconditionError(fmt::format("the pack '{}' has no model for {}", pack.name, task));
  }
  return model;
}

StatusOr<const ModelSpec*> Models::TextEncoder(const std::string& name) const {
  if (name.empty()) {
    return Require("embed.text");
  }
  const auto found = std::ranges::find(pack.models, name, &ModelSpec::name);
  if (found == pack.models.end()) {
    return absl::FailedPreconditionError(
        fmt::format("the vectors of the library were made by the text encoder '{}', which the pack '{}' no longer has",
                    name, pack.name));
  }
  return &*found;
}

StatusOr<float> Models::FaceMatchThreshold() const {
  CALOTYPE_ASSIGN_OR_RETURN(const ModelSpec* const model, Require("faces.recognise"));
  CALOTYPE_ASSIGN_OR_RETURN(const double threshold, calotype::FaceMatchThreshold(*model));
  return static_cast<float>(threshold);
}

ModelSet Models::Set() const {
  const ModelSpec* const encoder = pack.Find("embed.text");
  return {.pack = pack.name, .choices = ChoicesText(choices), .text_encoder = encoder == nullptr ? "" : encoder->name};
}

bool NeedModels(std::span<const std::string> only) {
  return only.empty() || std::ranges::any_of(only, [](const std::string& name) { return name != "pdq"; });
}

StatusOr<std::unique_ptr<Models>> OpenModels(const App& app, const ModelUse& use) {
  return OpenModels(app, PackInUse(app), use);
}

StatusOr<std::unique_ptr<Models>> OpenModels(const App& app, const ModelChoice& choice, const ModelUse& use) {
  CALOTYPE_ASSIGN_OR_RETURN(Pack pack, LoadChosen(app, choice));
  CALOTYPE_ASSIGN_OR_RETURN(auto models, OpenModels(app, std::move(pack), use));
  models->choices = choice.choices;
  return models;
}

StatusOr<std::unique_ptr<Models>> OpenModels(const App& app, Pack pack, const ModelUse& use) {
  auto models = std::make_unique<Models>();
  models->pack = std::move(pack);
  const Settings& settings = app.settings();
  PlacementSettings placement{.threads = use.threads,
                              .parallel = use.parallel,
                              .measure_all = use.measure_all,
                              .limit = std::chrono::seconds(settings.device_timeout_s),
                              .cpu_limit = std::chrono::seconds(settings.cpu_timeout_s),
                              .check = CheckFilesOf(models->pack, app.VerifiedFile()),
                              .max_batch = settings.max_batch,
                              .batch_delay = std::chrono::microseconds(settings.batch_delay_us),
                              .serves = use.serves,
                              .compiled = app.CompiledFolder(),
                              .quantised = app.QuantisedFolder(),
                              .few_runs = use.few_runs,
                              .observer = app.model_observer(),
                              .announce = use.announce};
  CALOTYPE_ASSIGN_OR_RETURN(placement.policies, settings.Policies());
  placement.default_policy = placement.policies[""];
  const bool all_auto =
      std::ranges::all_of(placement.policies, [](const auto& policy) { return policy.second.automatic(); });
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PluginProvider> plugins, settings.Plugins());
  if (!use.none) {
    CALOTYPE_ASSIGN_OR_RETURN(models->devices, OpenDevices({.onnxruntime = settings.onnxruntime,
                                                            .openvino = settings.openvino,
                                                            .plugins = plugins,
                                                            .reference_alone = use.few_runs && all_auto}));
  }
  placement.options = models->devices.options;
  placement.machine = models->devices.machine_key;
  ForgetUnusedFiles(placement.compiled, kCompiledUnused);
  models->placement =
      std::make_shared<Placement>(std::move(placement), std::make_shared<DeviceStore>(app.DeviceFile()));
  models->cache = std::make_unique<ModelCache>(models->placement, settings.Cache());
  return models;
}

StatusOr<std::unique_ptr<PhotoAnalysis>> OpenAnalysis(const Models& models, const std::vector<std::string>& only) {
  CALOTYPE_ASSIGN_OR_RETURN(auto analysers, CreateAnalysers(models.pack, *models.cache));
  auto analysis = std::make_unique<PhotoAnalysis>(std::move(analysers));
  CALOTYPE_RETURN_IF_ERROR(analysis->Restrict(only));
  // Load these in parallel at the first photo: the photos themselves would load one model after another, and all
  // would wait for the same one.
  analysis->OnFirstPhoto([cache = models.cache.get(), loading = std::make_shared<std::jthread>()] {
    *loading = std::jthread([cache] { cache->Preload(kTasksOfEveryPhoto, App::Cores()).IgnoreError(); });
  });
  return analysis;
}

}  // namespace calotype
