// calotype models use, calotype models forget
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>
#include <system_error>

#include "app/model_choice.h"
#include "app/models_use.h"
#include "base/child_process.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/device_progress.h"
#include "cli/scan_run.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

struct UseArguments {
  UseRequest request;
  bool wait = false;
};

CommandResult SwitchHere(App& app, const BegunSwitch& begun) {
  CALOTYPE_ASSIGN_OR_RETURN(const FinishedScan scan, ScanWithProgress(app, {.models = begun.choice}));
  const ScanReport& report = scan.report;
  Print(fmt::format("analysed {} again, {} of them failed; {}\n", Counted(report.analysed + report.failed, "photo"),
                    report.failed, report.stopped ? "stopped" : fmt::format("{} is now in use", begun.choice.pack)));
  return ExitStatusOf(scan);
}

// Starts this program again, so that the scan continues after this process ends.
CommandResult SwitchInBackground(const App& app, const BegunSwitch& begun) {
  std::error_code error;
  std::vector<std::string> command = {fs::read_symlink("/proc/self/exe", error).string()};
  for (const std::string& assignment : app.assignments()) {
    command.insert(command.end(), {"--set", assignment});
  }
  command.insert(command.end(), {"models", "use", begun.choice.pack, "--wait"});
  if (!begun.choice.choices.empty()) {
    command.insert(command.end(), {"--choice", ChoicesText(begun.choice.choices)});
  }
  const std::string log = app.catalog_files().InFolder("models-use.log").string();
  CALOTYPE_ASSIGN_OR_RETURN(const pid_t process, ChildProcess::StartDetached(command, log));
  Print(fmt::format(
      "Analysing {} with {} in the background (process {}, log in {}).\nUntil all are done, the results of {} "
      "are shown. Progress: calotype status. To cancel: calotype models use --undo\n",
      Counted(begun.photos, "photo"), begun.choice.pack, process, log, begun.shown));
  return 0;
}

CommandResult Use(App& app, const UseArguments& arguments) {
  if (const Status usage = CheckUseRequest(arguments.request); !usage.ok()) {
    return UsageError(usage);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const BegunSwitch begun, BeginSwitch(app, arguments.request, PrintMeasurement));
  if (begun.photos == 0) {
    Print(fmt::format("{} is now in use; there are no photos to analyse again.\n", begun.choice.pack));
    return 0;
  }
  // Going back is fast: the results of the earlier models were kept.
  return arguments.wait || arguments.request.undo ? SwitchHere(app, begun) : SwitchInBackground(app, begun);
}

CommandResult Forget(const App& app) {
  CALOTYPE_ASSIGN_OR_RETURN(const DeletedResults deleted, DeletePreviousResults(app));
  Print(!deleted.pack.has_value() && deleted.photos == 0
            ? "Nothing to delete: no other models were in use before.\n"
            : fmt::format("Deleted the results of {} for {}. Going back to it now means analysing them again.\n",
                          deleted.pack.value_or("earlier models"), Counted(deleted.photos, "photo")));
  return 0;
}

}  // namespace

void AddUseCommand(CommandLine& models, App& app) {
  CommandLine command = models.AddCommand("use", "Re-analyse with another pack, then switch to it");
  const auto arguments = std::make_shared<UseArguments>();
  command.AddOptionalArgument("PACK", arguments->request.pack, "An installed pack (calotype models list)");
  command.AddList("--choice TASK=CHOICE", arguments->request.choices,
                  "A task and one of the pack's models for it (calotype models list): objects=accurate");
  command.AddFlag("--undo", arguments->request.undo, "Go back to the previous pack, whose results were kept");
  command.AddFlag("--wait", arguments->wait, "Run in the foreground with a progress bar");
  command.SetAction([=, &app] { return Use(app, *arguments); });
  models.AddCommand("forget", "Delete the previous pack's results").SetAction([&app] { return Forget(app); });
}

}  // namespace calotype
