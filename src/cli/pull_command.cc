// calotype models pull
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "app/app.h"
#include "app/model_choice.h"
#include "app/models_list.h"
#include "app/models_pull.h"
#include "app/runtime_cuda.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/progress_bar.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

struct PullArguments {
  std::string name;
  std::string wheels;
  std::string from;
  std::vector<std::string> choices;   // TASK=CHOICE
  std::vector<std::string> accepted;  // licences
  bool all = false;
  bool probe = false;
};

// Prints the licences, and asks for those that the command line does not accept.
Status AcceptLicences(const PlannedPull& pull, std::vector<std::string> accepted) {
  for (const LicenceTerms& terms : pull.plan.to_accept) {
    Print(fmt::format("{} ({}): {}\n", Bold(terms.licence), fmt::join(terms.models, ", "), terms.terms));
    const bool named = std::ranges::find(accepted, terms.licence) != accepted.end();
    if (!named && CanAsk() && AskYesOrNo("Do you accept this licence?")) {
      accepted.push_back(terms.licence);
    } else if (!named) {
      break;
    }
  }
  return CheckAccepted(pull, accepted);
}

std::string Describe(const PullPlan& plan) {
  std::string text = fmt::format("{}  {}\n", Bold(plan.pack.name), plan.pack.summary);
  for (const ModelSpec& model : plan.models) {
    const std::string choice = plan.pack.Choices(model.task).size() > 1 ? " (" + model.choice + ")" : "";
    text += fmt::format("  {:<28}{:<22}{:>10}  {}\n", model.task + choice, model.name,
                        model.bytes > 0 ? FormatBytes(model.bytes) : "?", model.licence);
  }
  return text;
}

StatusOr<PulledPack> RunWithBar(const App& app, const PlannedPull& pull) {
  const InterruptWatcher interrupt("what was fetched is kept");
  ProgressBar bar;
  return RunPull(app, pull,
                 {.on_progress = [&](const PullProgress& progress) { bar.Update(progress); },
                  .on_fetched =
                      [](const PackFile& file) {
                        ProgressBar::Clear();
                        Print(fmt::format("fetched {}  {}  SHA-256 {}\n", file.name,
                                          FormatBytes(file.bytes.value_or(0)), file.sha256->Hex().substr(0, 16)));
                      }},
                 interrupt.token());
}

CommandResult PullPack(const App& app, const PullArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(
      const PlannedPull pull,
      PlanPull(app,
               {.name = arguments.name, .from = arguments.from, .choices = arguments.choices, .all = arguments.all}));
  const PullPlan& plan = pull.plan;
  Print(Describe(plan));
  CALOTYPE_RETURN_IF_ERROR(AcceptLicences(pull, arguments.accepted));
  CALOTYPE_ASSIGN_OR_RETURN(const PulledPack pulled, RunWithBar(app, pull));
  const PullReport& report = pulled.report;
  const std::string folder = plan.pack.folder.string();
  Print(report.fetched == 0 && !report.installed
            ? fmt::format("{} is complete in {}: every SHA-256 is right\n", plan.pack.name, folder)
            : fmt::format("{} is installed in {}: {} of {} fetched, {} in {}\n", plan.pack.name, folder, report.fetched,
                          Counted(static_cast<int64_t>(plan.files.size()), "file"), FormatBytes(report.bytes),
                          FormatDuration(pulled.seconds)));
  if (!pulled.in_use) {
    Print(fmt::format("To use it: calotype models use {}{}\n", plan.pack.name,
                      pulled.use_choices.empty() ? "" : " --choice " + ChoicesText(pulled.use_choices)));
  }
  return 0;
}

CommandResult PullRuntimeCuda(const App& app, const PullArguments& arguments) {
  const auto print_step = [](const RuntimeCudaStep& step) {
    switch (step.kind) {
      case RuntimeCudaStep::Kind::kStarting:
        Print(DescribeRuntimeCuda());
        break;
      case RuntimeCudaStep::Kind::kDownloading:
        Print(fmt::format("downloading {} {}\n", step.package, step.version));
        break;
      case RuntimeCudaStep::Kind::kUnpacking:
        Print("unpacking\n");
        break;
    }
  };
  CALOTYPE_ASSIGN_OR_RETURN(const RuntimeCuda runtime, InstallRuntimeCuda(app, arguments.wheels, print_step));
  Print(fmt::format(
      "{} is {}installed in {}\n\nTo use it, add to {}:\n[inference]\nonnxruntime = \"{}\"\n\nOn this machine: {}\n",
      kRuntimeCudaName, runtime.was_installed ? "already " : "", runtime.folder.string(),
      (app.folders().config / "config.toml").string(), runtime.library.string(), runtime.verdict));
  return 0;
}

// kInvalidArgument for options that the pull would ignore.
Status CheckOptions(const PullArguments& arguments) {
  const bool is_runtime = arguments.name == kRuntimeCudaName;
  if (!is_runtime && !arguments.wheels.empty()) {
    return absl::InvalidArgumentError(fmt::format("--wheels is for {} only", kRuntimeCudaName));
  }
  const bool chooses = arguments.all || !arguments.choices.empty();
  const bool pulls = chooses || !arguments.from.empty() || !arguments.accepted.empty();
  if (is_runtime && (pulls || arguments.probe)) {
    return absl::InvalidArgumentError(fmt::format(
        "--choice, --all, --accept-licence, --from and --probe are for packs, not for {}", kRuntimeCudaName));
  }
  if (arguments.all && !arguments.choices.empty()) {
    return absl::InvalidArgumentError("--choice and --all exclude each other");
  }
  return arguments.probe && pulls ? absl::InvalidArgumentError(
                                        "--probe downloads nothing, so it excludes --choice, --all, --accept-licence "
                                        "and --from")
                                  : absl::OkStatus();
}

CommandResult Pull(const App& app, const PullArguments& arguments) {
  if (const Status usage = CheckOptions(arguments); !usage.ok()) {
    return UsageError(usage);
  }
  if (arguments.name == kRuntimeCudaName) {
    return PullRuntimeCuda(app, arguments);
  }
  if (!arguments.probe) {
    return PullPack(app, arguments);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::string endpoint, ProbeHub(app, arguments.name));
  Print(fmt::format("{} answers\n", endpoint));
  return 0;
}

}  // namespace

void AddPullCommand(CommandLine& models, App& app) {
  CommandLine command =
      models.AddCommand("pull", "Download what is missing of a pack, and check every file by its SHA-256");
  const auto arguments = std::make_shared<PullArguments>();
  command.AddArgument("NAME", arguments->name,
                      fmt::format("A pack ({}), the path of a manifest, or {} (ONNX Runtime for NVIDIA GPUs)",
                                  fmt::join(KnownPackNames(), ", "), kRuntimeCudaName));
  command.AddList("--choice TASK=CHOICE", arguments->choices,
                  "Choose the model for a task, if the pack has several: objects=accurate");
  command.AddFlag("--all", arguments->all, "Download all models of the pack, not only one for each task");
  command.AddList("--accept-licence NAME", arguments->accepted, "Accept the licence with this name");
  command.AddOption("--from FOLDER", arguments->from,
                    "Copy the files from this folder instead of downloading: REPOSITORY/PATH, or named by SHA-256");
  command.AddFlag("--probe", arguments->probe, "Download nothing; exit with 0 if the hub answers");
  command.AddOption("--wheels FOLDER", arguments->wheels, "runtime-cuda: install from the wheels in this folder");
  command.SetAction([=, &app] { return Pull(app, *arguments); });
}

}  // namespace calotype
