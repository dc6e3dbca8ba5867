// calotype models use, forget: other models take over, without a moment in which nothing is found.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

#include "app/model_choice.h"
#include "app/open_catalog.h"
#include "app/open_models.h"
#include "cli/child_process.h"
#include "cli/command.h"
#include "cli/device_progress.h"
#include "cli/scan_run.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

struct UseArguments {
  std::string pack;
  std::vector<std::string> choices;  // TASK=CHOICE
  bool undo = false;
  bool wait = false;
};

// What to go back to: from models that are not complete yet, or from those that were chosen last.
StatusOr<ModelChoice> ModelsBefore(const LibraryModels& models) {
  const std::optional<ModelSet>& before = models.wanted != models.shown ? models.shown : models.previous;
  if (!before.has_value()) {
    return absl::FailedPreconditionError("there is nothing to undo: no other models were in use before these");
  }
  return ModelChoice{.pack = before->pack, .choices = ParseChoices(before->choices)};
}

StatusOr<ModelChoice> Chosen(const UseArguments& arguments, const LibraryModels& models) {
  if (arguments.undo == !arguments.pack.empty()) {
    return absl::InvalidArgumentError("either a pack or --undo is needed (calotype models list)");
  }
  if (arguments.undo) {
    return ModelsBefore(models);
  }
  return ModelChoice{.pack = arguments.pack,
                     .choices = ParseChoices(fmt::format("{}", fmt::join(arguments.choices, ",")))};
}

// That every model loads and passes its self-test is found out here, not hours later in the background.
StatusOr<ModelSet> Check(const App& app, const ModelChoice& choice) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto models, OpenModels(app, choice, ModelUse::Of(app.settings().workers)));
  CALOTYPE_ASSIGN_OR_RETURN(const auto analysis, OpenAnalysis(*models, {}));
  std::unique_ptr<TextEncoder> encoder;
  if (const ModelSpec* const spec = models->pack.Find("embed.text"); spec != nullptr) {
    CALOTYPE_ASSIGN_OR_RETURN(encoder, CreateTextEncoder(*spec, *models->cache));
  }
  models->MeasureDevices(PrintMeasurement);
  CALOTYPE_RETURN_IF_ERROR(models->cache->Preload({kModelTasks.begin(), kModelTasks.end()}));
  return models->Set();
}

CommandResult SwitchHere(App& app, const ModelChoice& choice) {
  CALOTYPE_ASSIGN_OR_RETURN(const ScanReport report, ScanWithProgress(app, {.models = choice}));
  Print(fmt::format("looked at {} photos again, {} of them failed{}\n", report.analysed + report.failed, report.failed,
                    report.stopped ? "; stopped" : fmt::format("; {} answers now", choice.pack)));
  return report.failed > 0 ? 1 : 0;
}

CommandResult SwitchInBackground(const App& app, const ModelChoice& choice, const std::string& shown, int64_t photos) {
  std::error_code error;
  std::vector<std::string> command = {fs::read_symlink("/proc/self/exe", error).string()};
  for (const std::string& assignment : app.assignments()) {
    command.insert(command.end(), {"--set", assignment});
  }
  command.insert(command.end(), {"models", "use", choice.pack, "--wait"});
  if (!choice.choices.empty()) {
    command.insert(command.end(), {"--choice", ChoicesText(choice.choices)});
  }
  const std::string log = app.catalog_files().InFolder("models-use.log").string();
  CALOTYPE_ASSIGN_OR_RETURN(const pid_t process, ChildProcess::StartDetached(command, log));
  Print(
      fmt::format("{} looks at {} photos in the background (process {}, {})\n{} answers until all are done; how far it "
                  "is: calotype status; back: calotype models use --undo\n",
                  choice.pack, photos, process, log, shown));
  return 0;
}

CommandResult Use(App& app, const UseArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, true));
  CALOTYPE_ASSIGN_OR_RETURN(const LibraryModels models, catalog->Models());
  CALOTYPE_ASSIGN_OR_RETURN(const ModelChoice choice, Chosen(arguments, models));
  CALOTYPE_ASSIGN_OR_RETURN(const ModelSet set, Check(app, choice));
  CALOTYPE_RETURN_IF_ERROR(catalog->WantModels(set));
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogStatus status, catalog->GetStatus());
  if (status.photos == 0) {
    Print(fmt::format("{} looks at photos from now on\n", choice.pack));
    return 0;
  }
  // The way back is short: little or nothing has to be looked at.
  return arguments.wait || arguments.undo
             ? SwitchHere(app, choice)
             : SwitchInBackground(app, choice, models.shown.value_or(set).pack, status.photos);
}

CommandResult Forget(const App& app) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, false));
  CALOTYPE_ASSIGN_OR_RETURN(const LibraryModels models, catalog->Models());
  CALOTYPE_ASSIGN_OR_RETURN(const int64_t photos, catalog->DeletePreviousModels());
  Print(!models.previous.has_value() && photos == 0
            ? "there is nothing to forget: no earlier models were in use\n"
            : fmt::format("what {} found in {} photos is forgotten; the way back is to look at them again\n",
                          models.previous.has_value() ? models.previous->pack : "earlier models", photos));
  return 0;
}

}  // namespace

void AddUseCommand(CommandLine& models, App& app) {
  CommandLine command =
      models.AddCommand("use", "Let other models look at the library, and answer once all is looked at");
  const auto arguments = std::make_shared<UseArguments>();
  command.AddOptionalArgument("PACK", arguments->pack, "An installed pack (models list)");
  command.AddList("--choice", arguments->choices, "TASK=CHOICE: this model of several for a task, objects=accurate");
  command.AddFlag("--undo", arguments->undo, "Back to the models before: what they found was kept");
  command.AddFlag("--wait", arguments->wait, "Here, with a progress bar, instead of in the background");
  command.SetAction([=, &app] { return Use(app, *arguments); });
  models.AddCommand("forget", "Forget what the models before those in use found: it is kept for use --undo")
      .SetAction([&app] { return Forget(app); });
}

}  // namespace calotype
