#include "cli/app.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "inference/engines/compiled_folder.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

// Compiled models that nobody loaded for so long are of engines, packs and settings that were left.
constexpr std::chrono::days kCompiledUnused{60};

// The others wait for what these find.
const std::set<std::string> kTasksOfEveryPhoto = {"objects", "embed.image", "ocr.detect", "faces.detect"};

Status NoPack(const std::string& folder, const std::string& name) {
  std::string installed;
  for (const InstalledPack& pack : ListPacks(folder)) {
    installed += (installed.empty() ? "" : ", ") + pack.name;
  }
  return absl::FailedPreconditionError(fmt::format(
      "the model pack '{}' is not installed in {} ({}); tools/starter_pack/build installs the starter pack, "
      "calotype models pull fetches others, models use chooses",
      name, folder, installed.empty() ? "no pack is" : "installed: " + installed));
}

}  // namespace

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
        fmt::format("the library's vectors are those of the text encoder '{}', which the pack '{}' no longer has", name,
                    pack.name));
  }
  return &*found;
}

void Models::MeasureDevices(const std::stop_token& stop) const {
  const std::size_t count = cache->Unmeasured().size();
  std::size_t at = 0;
  const bool shown = isatty(STDERR_FILENO) != 0;
  const auto tell = [&](const std::string& name) {
    ++at;
    if (shown) {
      fmt::print(stderr, "\r\033[Kmeasuring devices, once for this machine: model {} of {}, {}", at, count, name);
    } else if (at == 1) {
      fmt::print(stderr, "measuring devices for {} models, once for this machine\n", count);
    }
  };
  cache->Measure(tell, stop);
  if (shown && count > 0) {
    fmt::print(stderr, "\r\033[K");
  }
}

StatusOr<float> Models::FaceMatchThreshold() const {
  CALOTYPE_ASSIGN_OR_RETURN(const ModelSpec* const model, Require("faces.recognise"));
  CALOTYPE_ASSIGN_OR_RETURN(const double threshold, calotype::FaceMatchThreshold(*model));
  return static_cast<float>(threshold);
}

Status App::Configure(const std::vector<std::string>& assignments) {
  assignments_ = assignments;
  folders_ = FoldersFromEnvironment([](const char* name) -> const char* { return std::getenv(name); });
  CALOTYPE_RETURN_IF_ERROR(registry_.ApplyFile(folders_.config / "config.toml"));
  CALOTYPE_RETURN_IF_ERROR(
      registry_.ApplyEnvironment([](const char* name) -> const char* { return std::getenv(name); }));
  for (const std::string& assignment : assignments) {
    CALOTYPE_RETURN_IF_ERROR(registry_.ApplyAssignment(assignment));
  }
  config_.Resolve(folders_, Cores());
  return config_.Validate();
}

std::string ChoicesText(const std::map<std::string, std::string>& choices) {
  std::string text;
  for (const auto& [task, choice] : choices) {
    text += choice.empty() ? "" : fmt::format("{}{}={}", text.empty() ? "" : ",", task, choice);
  }
  return text;
}

std::map<std::string, std::string> ParseChoices(std::string_view text) {
  std::map<std::string, std::string> choices;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    const std::size_t equals = std::min(one.find('='), one.size());
    choices[std::string(one.substr(0, equals))] = one.substr(std::min(equals + 1, one.size()));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
  }
  return choices;
}

ModelSet Models::Set() const {
  const ModelSpec* const encoder = pack.Find("embed.text");
  return {.pack = pack.name, .choices = ChoicesText(choices), .text_encoder = encoder == nullptr ? "" : encoder->name};
}

ModelChoice App::PackInUse() const {
  ModelChoice chosen{.pack = config_.pack, .choices = {}};
  std::error_code error;
  if (chosen.pack.empty() && fs::exists(config_.catalog_file, error)) {
    // A catalogue that cannot be read is told of by whatever needs more of it.
    const StatusOr<std::unique_ptr<Catalog>> catalog = Catalog::Open(config_.catalog_file);
    const auto wanted = catalog.ok() ? (*catalog)->WantedModels() : catalog.status();
    if (wanted.ok() && wanted->has_value()) {
      chosen = {.pack = (*wanted)->pack, .choices = ParseChoices((*wanted)->choices)};
    }
  }
  if (chosen.pack.empty()) {
    chosen.pack = UsualPack(config_.models_folder);
  }
  for (const auto& [task, choice] : config_.choices) {
    if (!choice.empty()) {
      chosen.choices[task] = choice;
    }
  }
  return chosen;
}

StatusOr<Pack> App::LoadChosen(const ModelChoice& choice) const {
  StatusOr<Pack> pack = LoadPack(fs::path(config_.models_folder) / choice.pack);
  if (absl::IsNotFound(pack.status())) {
    return NoPack(config_.models_folder, choice.pack);
  }
  CALOTYPE_RETURN_IF_ERROR(pack.status());
  for (const auto& [task, name] : choice.choices) {
    if (const Status chosen = pack->Choose(task, name); !chosen.ok()) {
      return absl::FailedPreconditionError(
          fmt::format("models.choice.{}: {}; calotype models pull {} --choice {}={} may bring it", task,
                      Message(chosen), pack->name, task, name));
    }
  }
  return pack;
}

ModelUse ModelUse::Of(int64_t workers) {
  return {.threads = static_cast<int>(std::max<int64_t>(1, App::Cores() / workers)),
          .parallel = static_cast<int>(workers)};
}

StatusOr<std::unique_ptr<Models>> App::OpenModels(const ModelUse& use) const { return OpenModels(PackInUse(), use); }

StatusOr<std::unique_ptr<Models>> App::OpenModels(const ModelChoice& choice, const ModelUse& use) const {
  CALOTYPE_ASSIGN_OR_RETURN(Pack pack, LoadChosen(choice));
  CALOTYPE_ASSIGN_OR_RETURN(auto models, OpenModels(std::move(pack), use));
  models->choices = choice.choices;
  return models;
}

StatusOr<std::unique_ptr<Models>> App::OpenModels(Pack pack, const ModelUse& use) const {
  auto models = std::make_unique<Models>();
  models->pack = std::move(pack);
  PlacementSettings settings{.threads = use.threads,
                             .parallel = use.parallel,
                             .measure_all = use.measure_all,
                             .limit = std::chrono::seconds(config_.device_timeout_s),
                             .max_batch = config_.max_batch,
                             .batch_delay = std::chrono::microseconds(config_.batch_delay_us),
                             .compiled = folders_.cache / "compiled",
                             .quantised = QuantisedFolder(),
                             .few_runs = use.few_runs};
  CALOTYPE_ASSIGN_OR_RETURN(settings.policies, config_.Policies());
  settings.default_policy = settings.policies[""];
  const bool all_auto =
      std::ranges::all_of(settings.policies, [](const auto& policy) { return policy.second.automatic(); });
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PluginProvider> plugins, config_.Plugins());
  CALOTYPE_ASSIGN_OR_RETURN(models->devices, OpenDevices({.onnxruntime = config_.onnxruntime,
                                                          .openvino = config_.openvino,
                                                          .plugins = plugins,
                                                          .reference_alone = use.few_runs && all_auto}));
  settings.options = models->devices.options;
  settings.machine = models->devices.machine_key;
  ForgetUnusedFiles(settings.compiled, kCompiledUnused);
  models->placement = std::make_shared<Placement>(std::move(settings), std::make_shared<DeviceStore>(DeviceFile()));
  models->cache = std::make_unique<ModelCache>(models->placement, config_.Cache());
  return models;
}

StatusOr<std::unique_ptr<PhotoAnalysis>> App::OpenAnalysis(const Models& models, const std::vector<std::string>& only) {
  CALOTYPE_ASSIGN_OR_RETURN(auto analysers, CreateAnalysers(models.pack, *models.cache));
  auto analysis = std::make_unique<PhotoAnalysis>(std::move(analysers));
  CALOTYPE_RETURN_IF_ERROR(analysis->Restrict(only));
  // On all cores: photos would load one model after the other, all waiting for the same.
  analysis->OnFirstPhoto([cache = models.cache.get(), loading = std::make_shared<std::jthread>()] {
    *loading = std::jthread([cache] { cache->Preload(kTasksOfEveryPhoto, Cores()).IgnoreError(); });
  });
  return analysis;
}

StatusOr<std::unique_ptr<Catalog>> App::OpenCatalog(bool create) const {
  const fs::path file = config_.catalog_file;
  std::error_code error;
  if (create) {
    fs::create_directories(file.parent_path(), error);
    if (error) {
      return absl::PermissionDeniedError(
          fmt::format("cannot create {}: {}", file.parent_path().string(), error.message()));
    }
  } else if (!fs::exists(file, error)) {
    return absl::FailedPreconditionError(
        fmt::format("nothing was scanned yet: there is no {}; run: calotype scan FOLDER", file.string()));
  }
  return Catalog::Open(file);
}

StatusOr<std::shared_ptr<const PlaceIndex>> App::LoadPlaces() const {
  CALOTYPE_ASSIGN_OR_RETURN(auto places, PlaceIndex::Load(config_.places_file));
  return std::shared_ptr<const PlaceIndex>(std::move(places));
}

StatusOr<std::shared_ptr<const PlaceIndex>> App::LoadPlacesIfAny() const {
  StatusOr<std::shared_ptr<const PlaceIndex>> places = LoadPlaces();
  return absl::IsNotFound(places.status()) ? nullptr : places;
}

int App::Cores() { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

fs::path CatalogPath(const std::string& path) {
  std::error_code error;
  fs::path absolute = fs::weakly_canonical(path, error);
  if (error) {
    absolute = fs::absolute(path, error).lexically_normal();
  }
  return absolute.has_filename() ? absolute : absolute.parent_path();
}

Status CheckIsNoPhoto(Catalog& catalog, const std::string& output) {
  const Status found = catalog.FindByPath(CatalogPath(output).string()).status();
  if (found.ok()) {
    return absl::InvalidArgumentError(
        fmt::format("{} is a photo of the library, which is not written over; name another file", output));
  }
  return absl::IsNotFound(found) ? absl::OkStatus() : found;
}

}  // namespace calotype
