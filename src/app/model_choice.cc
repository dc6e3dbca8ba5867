#include "app/model_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

#include "catalog/catalog.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

Status NoPack(const std::string& folder, const std::string& name) {
  std::string installed;
  for (const InstalledPack& pack : ListPacks(folder)) {
    installed += (installed.empty() ? "" : ", ") + pack.name;
  }
  return absl::FailedPreconditionError(
      fmt::format("the model pack '{}' is not installed in {} ({}); calotype models pull downloads "
                  "packs, tools/starter_pack/build makes the starter pack, and calotype models use selects a pack",
                  name, folder, installed.empty() ? "no pack is" : "installed: " + installed));
}

// The models that the library was told to use; nullopt when nobody chose any.
std::optional<ModelSet> ModelsOfLibrary(const std::string& catalog_file) {
  const StatusOr<CatalogFiles> files = CatalogFiles::Of(catalog_file);
  if (!files.ok() || !files->MayExist()) {
    return std::nullopt;
  }
  // An unreadable catalogue is reported by the next caller that needs more of it.
  const StatusOr<std::unique_ptr<Catalog>> catalog = Catalog::Open(catalog_file);
  const auto wanted = catalog.ok() ? (*catalog)->WantedModels() : catalog.status();
  return wanted.ok() ? *wanted : std::nullopt;
}

}  // namespace

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

ModelChoice PackInUse(const App& app) {
  const Settings& settings = app.settings();
  ModelChoice chosen{.pack = settings.pack, .choices = {}};
  if (chosen.pack.empty()) {
    if (const std::optional<ModelSet> wanted = ModelsOfLibrary(settings.catalog_file); wanted.has_value()) {
      chosen = {.pack = wanted->pack, .choices = ParseChoices(wanted->choices)};
    }
  }
  if (chosen.pack.empty()) {
    chosen.pack = UsualPack(settings.models_folder);
  }
  for (const auto& [task, choice] : settings.choices) {
    if (!choice.empty()) {
      chosen.choices[task] = choice;
    }
  }
  return chosen;
}

StatusOr<Pack> LoadChosen(const App& app, const ModelChoice& choice) {
  const std::string& folder = app.settings().models_folder;
  StatusOr<Pack> pack = LoadPack(fs::path(folder) / choice.pack);
  if (absl::IsNotFound(pack.status())) {
    return NoPack(folder, choice.pack);
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

StatusOr<Pack> LoadPackInUse(const App& app) { return LoadChosen(app, PackInUse(app)); }

}  // namespace calotype
