// calotype worker, coordinate
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/fleet/coordinator.h"
#include "app/fleet/process_state.h"
#include "app/fleet/worker.h"
#include "base/log.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/scan_run.h"
#include "cli/terminal.h"
#include "server/health_server.h"
#include "server/notify.h"

namespace calotype {
namespace {

struct FleetArguments {
  std::vector<std::string> folders;  // of coordinate
  std::vector<std::string> only;
  std::string health;
};

// Null without an address. Says where it answers.
StatusOr<std::unique_ptr<HealthServer>> StartHealth(App& app, const std::string& address,
                                                    std::function<ProcessState()> state) {
  if (address.empty()) {
    return nullptr;
  }
  StatusOr<std::unique_ptr<HealthServer>> server = HealthServer::Start(app, address, std::move(state));
  if (!server.ok()) {
    return Annotate(server.status(), "--health");
  }
  Print(fmt::format("Health and metrics: {0}/healthz, {0}/readyz, {0}/metrics\n", (*server)->url()));
  return server;
}

// Lowers the priority of the whole process. The threads of the scan do this too, and report a refusal.
void LowerPriority(const App& app) {
  if (const int64_t nice = app.settings().nice; nice > 0) {
    setpriority(PRIO_PROCESS, 0, static_cast<int>(nice));
  }
}

// A model or a decoder hangs, so the threads cannot be joined. Nothing is lost: the claims were given back.
void EndAtOnce() {
  LogWarning("photos in progress took longer than worker.drain_s allows; they were given back");
  std::fflush(nullptr);
  _exit(0);
}

// Progress only when there is some: this goes on for weeks.
EventHandler WithoutRepeats(EventHandler print) {
  return [print = std::move(print), last = ScanProgress()](const Event& event) mutable {
    const auto* const progress = std::get_if<ScanProgress>(&event);
    if (progress == nullptr || *progress != last) {
      print(event);
    }
    if (progress != nullptr) {
      last = *progress;
    }
  };
}

CommandResult Work(App& app, const FleetArguments& arguments) {
  const InterruptWatcher interrupt("photos in progress are finished first, and the others given back");
  const std::stop_callback stopping(interrupt.token(), [] { NotifyService("STOPPING=1"); });
  LowerPriority(app);
  Library library(app);
  Worker worker(library, {.only = arguments.only, .on_ready = [] { NotifyService("READY=1"); }, .abandon = EndAtOnce});
  CALOTYPE_ASSIGN_OR_RETURN(
      const auto health, StartHealth(app, arguments.health, [&worker] {
        return ProcessState{.role = ProcessRole::kWorker, .reachable = worker.Reachable(), .figures = worker.Figures()};
      }));
  CALOTYPE_ASSIGN_OR_RETURN(const ScanReport report,
                            worker.Run(WithoutRepeats(PrintEvents(nullptr)), interrupt.token()));
  Print(fmt::format("analysed {}, {} failed, in {}\n", Counted(report.analysed + report.failed, "photo"), report.failed,
                    FormatDuration(report.seconds)));
  return 0;  // it ends when it is told to
}

void PrintWalk(const ScanReport& report) {
  std::string text =
      fmt::format("walked {} ({} new or changed)", Counted(report.photos, "photo"), report.photos - report.unchanged);
  const auto add = [&text](int64_t count, std::string_view what) {
    text += count > 0 ? fmt::format(", {} {}", count, what) : "";
  };
  add(report.problems, "could not be read");
  add(report.missing, "no longer there");
  add(report.forgotten, "forgotten");
  Print(fmt::format("{} in {}\n", text, FormatDuration(report.seconds)));
}

CommandResult Coordinate(App& app, const FleetArguments& arguments) {
  const InterruptWatcher interrupt("another coordinator takes over");
  const std::stop_callback stopping(interrupt.token(), [] { NotifyService("STOPPING=1"); });
  LowerPriority(app);
  Library library(app);
  Coordinator coordinator(
      library, {.folders = arguments.folders, .only = arguments.only, .on_ready = [] { NotifyService("READY=1"); }});
  CALOTYPE_ASSIGN_OR_RETURN(const auto health, StartHealth(app, arguments.health, [&coordinator] {
                              return ProcessState{.role = ProcessRole::kCoordinator,
                                                  .reachable = coordinator.Reachable(),
                                                  .leads = coordinator.Leads().has_value(),
                                                  .figures = coordinator.Figures()};
                            }));
  CALOTYPE_RETURN_IF_ERROR(coordinator.Run(WithoutRepeats(PrintEvents(PrintWalk)), interrupt.token()));
  return 0;
}

void AddHealth(CommandLine& command, FleetArguments& arguments) {
  command.AddOption("--health ADDRESS", arguments.health,
                    "Answer /healthz, /readyz and /metrics on this HOST:PORT, without tokens: 127.0.0.1:9464");
}

}  // namespace

void AddFleetCommands(CommandLine& parser, App& app) {
  const auto work = std::make_shared<FleetArguments>();
  CommandLine worker = parser.AddCommand(
      "worker", "Analyse the photos that scans and coordinators find, until Ctrl-C; any number of processes may");
  worker.AddOnly(work->only);
  AddHealth(worker, *work);
  worker.SetAction([=, &app] { return Work(app, *work); });

  const auto coordinate = std::make_shared<FleetArguments>();
  CommandLine coordinator = parser.AddCommand(
      "coordinate",
      "Find new photos for workers again and again, until Ctrl-C; of several coordinators, one leads and the others "
      "take over");
  coordinator.AddOptionalArguments("FOLDER", coordinate->folders,
                                   "Folders or files, also s3://BUCKET/FOLDER (default: those scanned before)");
  coordinator.AddOnly(coordinate->only);
  AddHealth(coordinator, *coordinate);
  coordinator.SetAction([=, &app] { return Coordinate(app, *coordinate); });
}

}  // namespace calotype
