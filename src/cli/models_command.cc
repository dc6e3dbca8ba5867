// calotype models list, calotype models verify, calotype config (calotype models pull, use, quantise, import: files of
// their own)
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>

#include "app/load_places.h"
#include "app/model_choice.h"
#include "cli/command.h"
#include "cli/findings_json.h"
#include "cli/terminal.h"
#include "models/known_packs.h"
#include "models/partial_file.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

// A pack as it is listed: one that is installed, or one that can be fetched.
struct ListedPack {
  Pack pack;
  bool installed = false;
  bool in_use = false;
};

bool IsChosen(const Pack& pack, const ModelSpec& model) { return pack.Find(model.task)->name == model.name; }

int64_t BytesOf(const ModelSpec& model) {
  int64_t sum = 0;
  for (const PackFile& file : model.files) {
    sum += file.bytes.value_or(0);
  }
  return sum;
}

Json ToJson(const ListedPack& listed, const ModelSpec& model) {
  return {{"name", model.name},
          {"task", model.task},
          {"family", model.family},
          {"choice", model.choice},
          {"chosen", IsChosen(listed.pack, model)},
          {"file", model.path.string()},
          {"bytes", model.bytes},
          {"sha256", model.files[0].sha256 ? Json(model.sha256.Hex()) : Json(nullptr)},
          {"licence", model.licence},
          {"licence_terms", model.licence_terms},
          {"notice", model.notice},
          {"present", listed.installed && VerifyModel(model, false).ok()}};
}

std::string ToJsonLine(const ListedPack& listed) {
  Json json = {{"pack", listed.pack.name},
               {"installed", listed.installed},
               {"in_use", listed.in_use},
               {"folder", listed.pack.folder.string()},
               {"models", Json::array()}};
  for (const ModelSpec& model : listed.pack.models) {
    json["models"].push_back(ToJson(listed, model));
  }
  return JsonLine(json);
}

// "objects (fast)", with a star at the one of several that is used.
std::string TaskOf(const Pack& pack, const ModelSpec& model) {
  if (pack.Choices(model.task).size() < 2) {
    return model.task;
  }
  return fmt::format("{} ({}{})", model.task, model.choice, IsChosen(pack, model) ? "*" : "");
}

std::string ToText(const ListedPack& listed, const ModelSpec& model) {
  const Status present = listed.installed ? VerifyModel(model, false) : absl::OkStatus();
  const int64_t bytes = BytesOf(model);
  std::string text =
      fmt::format("  {:<22}{:<21}{:>10}  {:<14}{}\n", TaskOf(listed.pack, model), model.name,
                  bytes > 0 ? FormatBytes(bytes) : "?", model.licence, present.ok() ? "" : Message(present));
  for (const std::string& note : {model.licence_terms, model.notice}) {
    text += note.empty() ? "" : Dim(fmt::format("  {:<22}{}\n", "", note));
  }
  return text;
}

std::string ToText(const ListedPack& listed) {
  std::string text =
      fmt::format("{}{}  {}\n", Bold(listed.pack.name), listed.in_use ? " (in use)" : "", listed.pack.summary);
  if (!listed.installed) {
    text += fmt::format("  not installed: calotype models pull {}\n", listed.pack.name);
  }
  for (const ModelSpec& model : listed.pack.models) {
    text += ToText(listed, model);
  }
  return text;
}

// With the choices that the settings make; one that the pack does not have is told when it is opened.
Pack WithChoices(Pack pack, const Settings& config) {
  for (const auto& [task, choice] : config.choices) {
    if (!choice.empty()) {
      pack.Choose(task, choice).IgnoreError();
    }
  }
  return pack;
}

StatusOr<std::vector<ListedPack>> KnownPacks(const App& app, const std::set<std::string>& installed) {
  std::vector<ListedPack> packs;
  for (const std::string_view name : KnownPackNames()) {
    if (installed.contains(std::string(name))) {
      continue;
    }
    CALOTYPE_ASSIGN_OR_RETURN(const PackSource source, FindPackSource(std::string(name)));
    CALOTYPE_ASSIGN_OR_RETURN(
        Pack pack, ParseManifest(source.text, source.file, std::filesystem::path(app.settings().models_folder) / name));
    packs.push_back({.pack = WithChoices(std::move(pack), app.settings())});
  }
  return packs;
}

CommandResult ListModels(App& app, bool as_json) {
  bool failed = false;
  std::string text;
  const std::string pack_in_use = PackInUse(app).pack;
  std::set<std::string> names;
  const auto add = [&](const ListedPack& listed) { text += as_json ? ToJsonLine(listed) : ToText(listed); };
  for (const InstalledPack& installed : ListPacks(app.settings().models_folder)) {
    names.insert(installed.name);
    if (!installed.pack.ok()) {
      PrintError(Message(installed.pack.status()));
      failed = true;
      continue;
    }
    add({.pack = WithChoices(*installed.pack, app.settings()),
         .installed = true,
         .in_use = installed.name == pack_in_use});
  }
  if (names.empty() && !as_json) {
    text = fmt::format("no pack is installed in {}; tools/starter_pack/build installs the starter pack\n",
                       app.settings().models_folder);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<ListedPack> known, KnownPacks(app, names));
  std::ranges::for_each(known, add);
  if (const auto places = LoadPlaces(app); places.ok() && !as_json) {
    text += fmt::format("{}  {} places with their regions, countries and time zones\n  {}\n", Bold("places"),
                        (*places)->size(), Printable((*places)->version()));
  }
  Print(text);
  return failed ? 1 : 0;
}

CommandResult VerifyModels(App& app) {
  int bad = 0;
  for (const InstalledPack& installed : ListPacks(app.settings().models_folder)) {
    CALOTYPE_RETURN_IF_ERROR(installed.pack.status());
    for (const ModelSpec& model : installed.pack->models) {
      for (const PackFile& file : model.files) {
        const Status status = VerifyFile(model.folder / file.name, file, true);
        Print(fmt::format("{:<8}{}/{}  {}\n", status.ok() ? "ok" : "BAD", installed.name, model.name, file.name));
        if (!status.ok()) {
          PrintError(Message(status));
          ++bad;
        }
      }
    }
  }
  return bad > 0 ? 1 : 0;
}

}  // namespace

void AddModelsCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("models", "Which models there are, and under which licence");
  CommandLine list = command.AddCommand("list", "The packs that are installed, and those that can be fetched");
  const auto as_json = std::make_shared<bool>(false);
  list.AddFlag("--json", *as_json, "One JSON line a pack");
  list.SetAction([=, &app] { return ListModels(app, *as_json); });
  CommandLine verify = command.AddCommand("verify", "Compare every file of every installed pack with its SHA-256");
  verify.SetAction([&app] { return VerifyModels(app); });
  AddPullCommand(command, app);
  AddUseCommand(command, app);
  AddQuantiseCommand(command, app);
  AddImportCommand(command, app);
}

void AddConfigCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("config", "Every setting, its value now, and how to change it");
  command.SetAction([&app]() -> CommandResult {
    Print(fmt::format("# {}\n", (app.folders().config / "config.toml").string()) + DescribeSettings(app.registry()));
    return 0;
  });
}

}  // namespace calotype
