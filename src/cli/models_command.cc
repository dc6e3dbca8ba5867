// calotype models list, calotype models verify. The other commands below `models` have their own files.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/findings_json.h"
#include "app/models_list.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const ListedModel& model) {
  return {{"name", model.name},       {"task", model.task},
          {"family", model.family},   {"choice", model.choice},
          {"chosen", model.chosen},   {"file", model.file},
          {"bytes", model.bytes},     {"sha256", model.sha256.empty() ? Json(nullptr) : Json(model.sha256)},
          {"licence", model.licence}, {"licence_terms", model.licence_terms},
          {"notice", model.notice},   {"present", model.present}};
}

std::string ToJsonLine(const ListedPack& pack) {
  Json json = {{"pack", pack.name},
               {"installed", pack.installed},
               {"in_use", pack.in_use},
               {"folder", pack.folder},
               {"models", Json::array()}};
  for (const ListedModel& model : pack.models) {
    json["models"].push_back(ToJson(model));
  }
  return JsonLine(json);
}

std::string ToText(const ListedModel& model) {
  // "objects (fast*)": a star marks the one of several models that is used.
  const std::string task =
      model.only_choice ? model.task : fmt::format("{} ({}{})", model.task, model.choice, model.chosen ? "*" : "");
  std::string text = fmt::format("  {:<28}{:<21}{:>10}  {:<14}{}\n", task, model.name,
                                 model.bytes_of_all > 0 ? FormatBytes(model.bytes_of_all) : "?", model.licence,
                                 Printable(model.problem));
  for (const std::string& note : {model.licence_terms, model.notice}) {
    text += note.empty() ? "" : Dim(fmt::format("  {:<28}{}\n", "", note));
  }
  return text;
}

std::string ToText(const ListedPack& pack) {
  std::string text = fmt::format("{}{}  {}\n", Bold(pack.name), pack.in_use ? " (in use)" : "", pack.summary);
  if (!pack.installed) {
    text += fmt::format("  not installed: calotype models pull {}\n", pack.name);
  }
  for (const ListedModel& model : pack.models) {
    text += ToText(model);
  }
  return text;
}

std::string ToText(const ModelsList& list) {
  std::string text;
  if (!list.any_installed) {
    text = fmt::format("no pack is installed in {}; tools/starter_pack/build installs the starter pack\n", list.folder);
  }
  for (const ListedPack& pack : list.packs) {
    text += ToText(pack);
  }
  if (list.places) {
    text += fmt::format("{}  {} places with their regions, countries and time zones\n  {}\n", Bold("places"),
                        list.places->count, Printable(list.places->version));
  }
  return text;
}

CommandResult PrintModels(const App& app, bool as_json) {
  CALOTYPE_ASSIGN_OR_RETURN(const ModelsList list, ListModels(app));
  for (const std::string& problem : list.problems) {
    PrintError(problem);
  }
  std::string text;
  if (as_json) {
    for (const ListedPack& pack : list.packs) {
      text += ToJsonLine(pack);
    }
  } else {
    text = ToText(list);
  }
  Print(text);
  return list.problems.empty() ? 0 : 1;
}

CommandResult PrintVerification(const App& app) {
  CALOTYPE_ASSIGN_OR_RETURN(
      const int bad, VerifyModels(app, [](const VerifiedFile& file) {
        Print(fmt::format("{:<8}{}/{}  {}\n", file.status.ok() ? "ok" : "BAD", file.pack, file.model, file.file));
        if (!file.status.ok()) {
          PrintError(Message(file.status));
        }
      }));
  return bad > 0 ? 1 : 0;
}

}  // namespace

void AddModelsCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("models", "Manage model packs: list, download, choose, import");
  CommandLine list = command.AddCommand("list", "List installed packs, and packs that can be downloaded");
  const auto as_json = std::make_shared<bool>(false);
  list.AddFlag("--json", *as_json, "Print JSON, one line per pack");
  list.SetAction([=, &app] { return PrintModels(app, *as_json); });
  CommandLine verify = command.AddCommand("verify", "Compare every file of every installed pack with its SHA-256");
  verify.SetAction([&app] { return PrintVerification(app); });
  AddPullCommand(command, app);
  AddUseCommand(command, app);
  AddQuantiseCommand(command, app);
  AddImportCommand(command, app);
}

}  // namespace calotype
