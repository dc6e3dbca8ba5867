// calotype models list, calotype models verify, calotype config (calotype models pull: pull_command.cc)
#include <fmt/format.h>

#include <memory>

#include "cli/command.h"
#include "cli/findings_json.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMegabyte = 1e6;

Json ToJson(const ModelSpec& model) {
  return {{"name", model.name},          {"task", model.task},     {"family", model.family},
          {"file", model.path.string()}, {"bytes", model.bytes},   {"sha256", model.sha256.Hex()},
          {"licence", model.licence},    {"notice", model.notice}, {"present", VerifyModel(model, false).ok()}};
}

std::string ToText(const ModelSpec& model) {
  const Status present = VerifyModel(model, false);
  std::string text =
      fmt::format("  {:<18}{:<18}{:>8.1f} MB  {:<14}{}\n", model.task, model.name,
                  static_cast<double>(model.bytes) / kMegabyte, model.licence, present.ok() ? "" : Message(present));
  return model.notice.empty() ? text : text + Dim(fmt::format("  {:<18}{}\n", "", model.notice));
}

CommandResult ListModels(App& app, bool as_json) {
  bool failed = false;
  std::string text;
  const std::string pack_in_use = app.PackInUse();
  for (const InstalledPack& installed : ListPacks(app.config().models_folder)) {
    if (!installed.pack.ok()) {
      PrintError(Message(installed.pack.status()));
      failed = true;
      continue;
    }
    const Pack& pack = *installed.pack;
    const bool in_use = installed.name == pack_in_use;
    if (as_json) {
      Json json = {
          {"pack", pack.name}, {"in_use", in_use}, {"folder", pack.folder.string()}, {"models", Json::array()}};
      for (const ModelSpec& model : pack.models) {
        json["models"].push_back(ToJson(model));
      }
      text += JsonLine(json);
      continue;
    }
    text += fmt::format("{}{}  {}\n", Bold(pack.name), in_use ? " (in use)" : "", pack.summary);
    for (const ModelSpec& model : pack.models) {
      text += ToText(model);
    }
  }
  if (text.empty() && !failed) {
    text = as_json ? ""
                   : fmt::format("no pack is installed in {}; tools/starter_pack/build installs one\n",
                                 app.config().models_folder);
  }
  Print(text);
  return failed ? 1 : 0;
}

CommandResult VerifyModels(App& app) {
  int bad = 0;
  for (const InstalledPack& installed : ListPacks(app.config().models_folder)) {
    CALOTYPE_RETURN_IF_ERROR(installed.pack.status());
    for (const ModelSpec& model : installed.pack->models) {
      const Status status = VerifyModel(model, true);
      Print(fmt::format("{:<8}{}/{}\n", status.ok() ? "ok" : "BAD", installed.name, model.name));
      if (!status.ok()) {
        PrintError(Message(status));
        ++bad;
      }
    }
  }
  return bad > 0 ? 1 : 0;
}

}  // namespace

void AddModelsCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("models", "Which models there are, and under which licence");
  CommandLine list = command.AddCommand("list", "The installed packs");
  const auto as_json = std::make_shared<bool>(false);
  list.AddFlag("--json", *as_json, "One JSON line a pack");
  list.SetAction([=, &app] { return ListModels(app, *as_json); });
  CommandLine verify = command.AddCommand("verify", "Compare every model file with its SHA-256");
  verify.SetAction([&app] { return VerifyModels(app); });
  AddPullCommand(command, app);
  AddUseCommand(command, app);
}

void AddConfigCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("config", "Every setting, its value now, and how to change it");
  command.SetAction([&app]() -> CommandResult {
    Print(fmt::format("# {}\n", (app.folders().config / "config.toml").string()) + DescribeConfig(app.registry()));
    return 0;
  });
}

}  // namespace calotype
