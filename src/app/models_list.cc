#include "app/models_list.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "app/load_places.h"
#include "app/model_choice.h"
#include "models/pack.h"

namespace calotype {
namespace {

int64_t BytesOf(const ModelSpec& model) {
  int64_t sum = 0;
  for (const PackFile& file : model.files) {
    sum += file.bytes.value_or(0);
  }
  return sum;
}

ListedModel List(const Pack& pack, const ModelSpec& model, bool installed) {
  ListedModel listed{.name = model.name,
                     .task = model.task,
                     .family = model.family,
                     .choice = model.choice,
                     .only_choice = pack.Choices(model.task).size() < 2,
                     .chosen = pack.Find(model.task)->name == model.name,
                     .file = model.path.string(),
                     .bytes = model.bytes,
                     .bytes_of_all = BytesOf(model),
                     .sha256 = model.files[0].sha256 ? model.sha256.Hex() : "",
                     .licence = model.licence,
                     .licence_terms = model.licence_terms,
                     .notice = model.notice};
  if (installed) {
    const Status status = VerifyModel(model, /*hash=*/false);
    listed.present = status.ok();
    listed.problem = status.ok() ? "" : Message(status);
  }
  return listed;
}

ListedPack List(const App& app, Pack pack, bool installed, bool in_use) {
  for (const auto& [task, choice] : app.settings().choices) {
    if (!choice.empty()) {
      // The choice may belong to another pack; opening the pack in use reports a wrong one.
      pack.Choose(task, choice).IgnoreError();
    }
  }
  ListedPack listed{.name = pack.name,
                    .summary = pack.summary,
                    .folder = pack.folder.string(),
                    .installed = installed,
                    .in_use = in_use};
  std::ranges::transform(pack.models, std::back_inserter(listed.models),
                         [&](const ModelSpec& model) { return List(pack, model, installed); });
  return listed;
}

Status AddKnownPacks(const App& app, const std::set<std::string>& installed, std::vector<ListedPack>& packs) {
  for (const std::string_view name : KnownPackNames()) {
    if (installed.contains(std::string(name))) {
      continue;
    }
    CALOTYPE_ASSIGN_OR_RETURN(const PackSource source, FindPackSource(std::string(name)));
    CALOTYPE_ASSIGN_OR_RETURN(
        Pack pack, ParseManifest(source.text, source.file, std::filesystem::path(app.settings().models_folder) / name));
    packs.push_back(List(app, std::move(pack), /*installed=*/false, /*in_use=*/false));
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<ModelsList> ListModels(const App& app) {
  ModelsList list{.folder = app.settings().models_folder};
  const std::string pack_in_use = PackInUse(app).pack;
  std::set<std::string> names;
  for (const InstalledPack& installed : ListPacks(app.settings().models_folder)) {
    names.insert(installed.name);
    if (installed.pack.ok()) {
      list.packs.push_back(List(app, *installed.pack, /*installed=*/true, installed.name == pack_in_use));
    } else {
      list.problems.push_back(Message(installed.pack.status()));
    }
  }
  list.any_installed = !names.empty();
  CALOTYPE_RETURN_IF_ERROR(AddKnownPacks(app, names, list.packs));
  if (const auto places = LoadPlaces(app); places.ok()) {
    list.places = {.count = (*places)->size(), .version = std::string((*places)->version())};
  }
  return list;
}

StatusOr<int> VerifyModels(const App& app, const std::function<void(const VerifiedFile&)>& on_file) {
  int bad = 0;
  for (const InstalledPack& installed : ListPacks(app.settings().models_folder)) {
    CALOTYPE_RETURN_IF_ERROR(installed.pack.status());
    for (const ModelSpec& model : installed.pack->models) {
      for (const PackFile& file : model.files) {
        const Status status = VerifyFile(model.folder / file.name, file, /*hash=*/true);
        bad += status.ok() ? 0 : 1;
        on_file({.pack = installed.name, .model = model.name, .file = file.name, .status = status});
      }
    }
  }
  return bad;
}

}  // namespace calotype
