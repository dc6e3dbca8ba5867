// calotype models pull: packs, from their hub or a folder. (runtime-cuda: runtime_cuda.cc)
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>

#include "app/model_choice.h"
#include "cli/command.h"
#include "cli/hub_settings.h"
#include "cli/interrupt.h"
#include "cli/progress_bar.h"
#include "cli/runtime_cuda.h"
#include "cli/terminal.h"
#include "models/partial_file.h"
#include "models/pull.h"

namespace calotype {
namespace {

// quickstart waits for it.
constexpr std::chrono::milliseconds kProbeTime{4000};

struct PullArguments {
  std::string name;
  std::string wheels;
  std::string from;
  std::vector<std::string> choices;   // TASK=CHOICE
  std::vector<std::string> accepted;  // licences
  bool all = false;
  bool probe = false;
};

const char* Environment(const char* name) { return std::getenv(name); }

StatusOr<PullSelection> ReadSelection(const Settings& config, const PullArguments& arguments, const Pack& pack) {
  PullSelection selection{.all = arguments.all};
  for (const std::string& text : arguments.choices) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError(fmt::format("--choice {}: TASK=CHOICE is needed, objects=accurate", text));
    }
    selection.choices[text.substr(0, equals)].insert(text.substr(equals + 1));
  }
  for (const auto& [task, choice] : config.choices) {
    const std::vector<std::string> known = pack.Choices(task);
    // The setting may be of another pack.
    if (std::ranges::find(known, choice) != known.end() && !selection.choices.contains(task)) {
      selection.choices[task].insert(choice);
    }
  }
  return selection;
}

bool CanAsk() { return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1; }

bool AskYesOrNo(const std::string& question) {
  Print(question + " [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

Status AcceptLicences(const PullPlan& plan, const PullArguments& arguments) {
  for (const LicenceTerms& terms : plan.to_accept) {
    Print(fmt::format("{} ({}): {}\n", Bold(terms.licence), fmt::join(terms.models, ", "), terms.terms));
    if (std::ranges::find(arguments.accepted, terms.licence) != arguments.accepted.end()) {
      continue;
    }
    if (!CanAsk() || !AskYesOrNo("Do you accept this?")) {
      return absl::FailedPreconditionError(
          fmt::format("the licence {} was not accepted, so nothing was fetched. To accept it: calotype models pull {} "
                      "--accept-licence {}{}",
                      terms.licence, arguments.name, terms.licence,
                      plan.pack.name == "standard" ? "; without it: calotype models pull standard-free" : ""));
    }
  }
  return absl::OkStatus();
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

// What to type so that what was pulled is used, where it is not yet.
std::string HowToUse(const App& app, const PullPlan& plan) {
  const ModelChoice in_use = PackInUse(app);
  const StatusOr<Pack> installed = LoadPack(plan.pack.folder);
  std::map<std::string, std::string> choices;
  bool used = in_use.pack == plan.pack.name;
  for (const ModelSpec& model : plan.models) {
    const ModelSpec* const usual = installed.ok() ? installed->Find(model.task) : nullptr;
    if (usual != nullptr && usual->name != model.name) {
      choices[model.task] = model.choice;
      const auto chosen = in_use.choices.find(model.task);
      used = used && chosen != in_use.choices.end() && chosen->second == model.choice;
    }
  }
  if (used) {
    return "";
  }
  return fmt::format("To use it: calotype models use {}{}\n", plan.pack.name,
                     choices.empty() ? "" : " --choice " + ChoicesText(choices));
}

StatusOr<PullReport> RunWithBar(const App& app, const PullPlan& plan, const HubSettings& settings) {
  const InterruptWatcher interrupt("what was fetched is kept");
  const std::unique_ptr<HttpClient> client = CreateHttpClient();
  ProgressBar bar;
  return RunPull(plan, settings, *client, static_cast<int>(app.settings().connections),
                 {.on_progress = [&](const PullProgress& progress) { bar.Update(progress); },
                  .on_fetched =
                      [](const PackFile& file) {
                        ProgressBar::Clear();
                        Print(fmt::format("fetched {}  {}  SHA-256 {}\n", file.name,
                                          FormatBytes(file.bytes.value_or(0)), file.sha256->Hex().substr(0, 16)));
                      }},
                 interrupt.token());
}

CommandResult PullPack(const App& app, const PullArguments& arguments, PackSource source) {
  CALOTYPE_ASSIGN_OR_RETURN(const HubSettings settings, ReadHubSettings(app.settings(), arguments.from, Environment));
  CALOTYPE_ASSIGN_OR_RETURN(const Pack pack, ParseManifest(source.text, source.file, {}));
  CALOTYPE_ASSIGN_OR_RETURN(const PullSelection selection, ReadSelection(app.settings(), arguments, pack));
  CALOTYPE_ASSIGN_OR_RETURN(const PullPlan plan, PlanPull(std::move(source), app.settings().models_folder, selection));
  Print(Describe(plan));
  CALOTYPE_RETURN_IF_ERROR(AcceptLicences(plan, arguments));
  const auto start = std::chrono::steady_clock::now();
  CALOTYPE_ASSIGN_OR_RETURN(const PullReport report, RunWithBar(app, plan, settings));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  Print(report.fetched == 0 && !report.installed
            ? fmt::format("{} is complete in {}: every SHA-256 is right\n", plan.pack.name, plan.pack.folder.string())
            : fmt::format("{} is installed in {}: {} of {} files fetched, {} in {}\n", plan.pack.name,
                          plan.pack.folder.string(), report.fetched, plan.files.size(), FormatBytes(report.bytes),
                          FormatDuration(seconds.count())));
  Print(HowToUse(app, plan));
  return 0;
}

// Whether the hub answers for a file of the pack; what it says besides does not matter.
CommandResult ProbeHub(const App& app, const PullArguments& arguments, const PackSource& source) {
  CALOTYPE_ASSIGN_OR_RETURN(const HubSettings settings, ReadHubSettings(app.settings(), "", Environment));
  CALOTYPE_ASSIGN_OR_RETURN(const PullPlan plan, PlanPull(source, app.settings().models_folder, {}));
  if (plan.files.empty()) {
    return absl::InvalidArgumentError(fmt::format("{} has no files", arguments.name));
  }
  const HttpHandlers ignore{.on_response = [](const HttpResponse&) { return absl::OkStatus(); },
                            .on_body = [](std::span<const uint8_t>) { return absl::OkStatus(); }};
  const StatusOr<HttpResponse> response =
      CreateHttpClient()->Send({.url = HubUrl(settings.endpoint, *plan.files[0].hub),
                                .headers = {},
                                .head = true,
                                .connect_timeout = kProbeTime,
                                .total_timeout = kProbeTime},
                               ignore, {});
  CALOTYPE_RETURN_IF_ERROR(response.status());
  // A captive network answers everything: only a hub names the file's content.
  if (ReadHubFacts(*response).etag.empty()) {
    return absl::UnavailableError(fmt::format("{} answers {}, but not as a hub", settings.endpoint, response->status));
  }
  Print(fmt::format("{} answers\n", settings.endpoint));
  return 0;
}

CommandResult Pull(const App& app, const PullArguments& arguments) {
  if (arguments.name == kRuntimeCudaName) {
    return PullRuntimeCuda(app, arguments.wheels);
  }
  const StatusOr<PackSource> source = FindPackSource(arguments.name);
  if (absl::IsNotFound(source.status()) && !arguments.name.ends_with(".toml")) {
    return absl::InvalidArgumentError(fmt::format("{}; {}", Message(source.status()), kRuntimeCudaName));
  }
  CALOTYPE_RETURN_IF_ERROR(source.status());
  return arguments.probe ? ProbeHub(app, arguments, *source) : PullPack(app, arguments, *source);
}

}  // namespace

void AddPullCommand(CommandLine& models, App& app) {
  CommandLine command = models.AddCommand("pull", "Fetch what is not there yet, by exact version and hash");
  const auto arguments = std::make_shared<PullArguments>();
  command.AddArgument("NAME", arguments->name,
                      fmt::format("A pack ({}), the path of a manifest, or {}: ONNX Runtime for NVIDIA GPUs",
                                  fmt::join(KnownPackNames(), ", "), kRuntimeCudaName));
  command.AddList("--choice", arguments->choices, "TASK=CHOICE: this model of several for a task, objects=accurate");
  command.AddFlag("--all", arguments->all, "Every choice of every task");
  command.AddList("--accept-licence", arguments->accepted, "Accept the licence of this name");
  command.AddOption("--from", arguments->from,
                    "Take files from this folder, without a network: REPOSITORY/PATH, or named by their SHA-256");
  command.AddFlag("--probe", arguments->probe, "Only ask whether the hub answers: exit code 0 when it does");
  command.AddOption("--wheels", arguments->wheels, "runtime-cuda: install from the wheels in this folder");
  command.SetAction([=, &app] { return Pull(app, *arguments); });
}

}  // namespace calotype
