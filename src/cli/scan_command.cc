// calotype scan, retry, pause, resume
#include <fmt/format.h>

#include <memory>

#include "app/client/local_client.h"
#include "app/folders.h"
#include "app/pending_work.h"
#include "app/scan.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/scan_run.h"
#include "cli/size_text.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

struct ScanArguments {
  std::vector<std::string> folders;
  std::vector<std::string> only;
  std::string memory;
  std::string nice;
  bool gone = false;
  bool watch = false;
};

// The folders in the arguments, else those that were scanned before.
StatusOr<std::vector<std::string>> FoldersToScan(LibraryClient& library, const ScanArguments& arguments) {
  if (!arguments.folders.empty()) {
    return arguments.folders;
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> folders, library.Folders());
  CALOTYPE_RETURN_IF_ERROR(CheckAnyToScan(folders));
  return folders;
}

// What a server cannot do for a command.
Status CheckRemote(const ScanArguments& arguments) {
  if (arguments.watch || !arguments.memory.empty() || !arguments.nice.empty()) {
    return absl::InvalidArgumentError(
        "--watch, --memory and --nice are for scans of this process; with --server, the server's settings count");
  }
  for (const std::string& folder : arguments.folders) {
    if (!folder.starts_with('/')) {
      return absl::InvalidArgumentError(
          fmt::format("'{}' is not absolute; with --server, folders are those of the server's machine", folder));
    }
  }
  return absl::OkStatus();
}

CommandResult ScanOnServer(App& app, const std::string& server, const ScanArguments& arguments) {
  if (const Status usage = CheckRemote(arguments); !usage.ok()) {
    return UsageError(usage);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<LibraryClient> library, OpenLibraryClient(app, server));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> folders, FoldersToScan(*library, arguments));
  CALOTYPE_ASSIGN_OR_RETURN(
      const FinishedScan scan,
      ScanWithProgress(*library, {.folders = folders, .only = arguments.only, .gone = arguments.gone}));
  Print(Summary(scan.report));
  return ExitStatusOf(scan);
}

void PrintSummary(const ScanReport& report) { Print(Summary(report)); }

// Applies the options that are short names of settings.
Status ApplyOptions(App& app, const ScanArguments& arguments) {
  if (!arguments.memory.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t megabytes, ParseMegabytes("--memory", arguments.memory));
    CALOTYPE_RETURN_IF_ERROR(app.registry().ApplyAssignment(fmt::format("limits.memory_mb={}", megabytes)));
  }
  return arguments.nice.empty() ? absl::OkStatus()
                                : app.registry().ApplyAssignment(fmt::format("scan.nice={}", arguments.nice));
}

CommandResult Scan(App& app, const ScanArguments& arguments) {
  if (const Status usage = ApplyOptions(app, arguments); !usage.ok()) {
    return UsageError(usage);
  }
  LocalClient library(app);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> folders, FoldersToScan(library, arguments));
  const ScanRequest request{
      .folders = folders, .only = arguments.only, .gone = arguments.gone, .watch = arguments.watch};
  if (arguments.watch) {
    CALOTYPE_RETURN_IF_ERROR(ScanWithProgress(app, request, PrintSummary).status());
    return 0;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const FinishedScan scan, ScanWithProgress(app, request));
  PrintSummary(scan.report);
  return ExitStatusOf(scan);
}

struct RetryArguments {
  RetryRequest request;
  std::vector<std::string> only;
};

CommandResult Retry(App& app, const RetryArguments& arguments) {
  Library library(app);
  CALOTYPE_ASSIGN_OR_RETURN(const int64_t count, RetryFailures(library, arguments.request));
  Print(fmt::format("retrying {}\n", Counted(count, "analysis", "analyses")));
  if (count == 0) {
    return 0;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const FinishedScan scan, ScanWithProgress(app, {.only = arguments.only}));
  PrintSummary(scan.report);
  return ExitStatusOf(scan);
}

CommandResult Pause(const App& app) {
  Library library(app);
  CALOTYPE_RETURN_IF_ERROR(PauseScans(library));
  Print("scans of this library are paused; calotype resume continues them\n");
  return 0;
}

CommandResult Resume(const App& app) {
  Library library(app);
  CALOTYPE_RETURN_IF_ERROR(ResumeScans(library));
  Print("scans of this library continue\n");
  return 0;
}

}  // namespace

void AddScanCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("scan", "Analyse the photos in folders and store the results");
  const auto arguments = std::make_shared<ScanArguments>();
  command.AddOptionalArguments("FOLDER", arguments->folders, "Folders or files (default: those scanned before)");
  command.AddOnly(arguments->only);
  command.AddOption("--memory SIZE", arguments->memory,
                    "Memory limit of the whole process, such as 1G or 800M (limits.memory_mb)");
  command.AddOption("--nice NUMBER", arguments->nice, "Lower the priority: 0 is normal, 19 the lowest (scan.nice)");
  command.AddFlag("--watch", arguments->watch, "Keep running until Ctrl-C and scan files when they change");
  command.AddFlag("--gone", arguments->gone,
                  "Treat all missing files as deleted, even if it looks like an unmounted disk");
  const std::string& server = command.AddServer();
  command.SetAction(
      [=, &app, &server] { return server.empty() ? Scan(app, *arguments) : ScanOnServer(app, server, *arguments); });
}

void AddRetryCommand(CommandLine& parser, App& app) {
  CommandLine command =
      parser.AddCommand("retry", "Retry failed analyses, and documents whose pages were left out because of a limit");
  const auto arguments = std::make_shared<RetryArguments>();
  command.AddOptionalArguments("PHOTO", arguments->request.photos, "Only these photos (default: all)");
  command.AddOption("--reason", arguments->request.reason, "Only failures whose reason contains this text");
  command.AddOnly(arguments->only);
  command.SetAction([=, &app] { return Retry(app, *arguments); });
}

void AddPauseCommands(CommandLine& parser, App& app) {
  parser.AddCommand("pause", "Pause scans of this library").SetAction([&app] { return Pause(app); });
  parser.AddCommand("resume", "Continue paused scans").SetAction([&app] { return Resume(app); });
}

}  // namespace calotype
