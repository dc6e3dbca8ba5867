// calotype scan, retry, pause, resume
#include <fmt/format.h>

#include <memory>

#include "app/model_choice.h"
#include "app/open_catalog.h"
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

struct RetryArguments {
  std::vector<std::string> photos;
  std::string reason;
};

// What was given, else all that was scanned before.
StatusOr<std::vector<std::string>> FoldersToScan(const App& app, const ScanArguments& arguments) {
  if (!arguments.folders.empty()) {
    return arguments.folders;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, false));
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> roots, catalog->Roots());
  if (roots.empty()) {
    return absl::FailedPreconditionError("no folder was scanned yet; run: calotype scan FOLDER");
  }
  return roots;
}

int Tell(const ScanReport& report) {
  Print(Summary(report));
  return report.failed + report.problems > 0 ? 1 : 0;
}

// Options that are settings by a shorter name.
Status ApplyOptions(App& app, const ScanArguments& arguments) {
  if (!arguments.memory.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t megabytes, ParseMegabytes("--memory", arguments.memory));
    CALOTYPE_RETURN_IF_ERROR(app.registry().ApplyAssignment(fmt::format("limits.memory_mb={}", megabytes)));
  }
  return arguments.nice.empty() ? absl::OkStatus()
                                : app.registry().ApplyAssignment(fmt::format("scan.nice={}", arguments.nice));
}

CommandResult Scan(App& app, const ScanArguments& arguments) {
  CALOTYPE_RETURN_IF_ERROR(ApplyOptions(app, arguments));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> folders, FoldersToScan(app, arguments));
  const ScanRequest request{
      .models = PackInUse(app), .folders = folders, .only = arguments.only, .gone = arguments.gone};
  if (arguments.watch) {
    CALOTYPE_RETURN_IF_ERROR(ScanAndWatch(app, request, Tell));
    return 0;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const ScanReport report, ScanWithProgress(app, request));
  return Tell(report);
}

StatusOr<int64_t> PutBack(const App& app, const RetryArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, false));
  if (arguments.photos.empty()) {
    return catalog->RetryFailed({.reason = arguments.reason});
  }
  int64_t count = 0;
  for (const std::string& path : arguments.photos) {
    CALOTYPE_ASSIGN_OR_RETURN(const PhotoId photo, catalog->FindByPath(CatalogPath(path).string()));
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t failed, catalog->RetryFailed({.reason = arguments.reason, .photo = photo}));
    CALOTYPE_RETURN_IF_ERROR(catalog->Prioritise(photo));
    count += failed;
  }
  return count;
}

CommandResult Retry(App& app, const RetryArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const int64_t count, PutBack(app, arguments));
  Print(fmt::format("{} analyses are tried again\n", count));
  if (count == 0) {
    return 0;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const ScanReport report, ScanWithProgress(app, {.models = PackInUse(app)}));
  return Tell(report);
}

CommandResult SetPaused(const App& app, bool paused) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, false));
  CALOTYPE_RETURN_IF_ERROR(catalog->SetPaused(paused));
  Print(paused ? "scans of this library rest from now on; calotype resume lets them go on\n"
               : "scans of this library go on\n");
  return 0;
}

}  // namespace

void AddScanCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("scan", "Look at every photo of one or more folders and remember it");
  const auto arguments = std::make_shared<ScanArguments>();
  command.AddOptionalArguments("FOLDER", arguments->folders, "Folders or files; none: those that were scanned before");
  command.AddList("--only", arguments->only, "Analyses to run: objects, embedding, text, faces, pdq");
  command.AddOption("--memory", arguments->memory,
                    "What the scan may hold, 1G or 800M (limits.memory_mb); photos wait for it");
  command.AddOption("--nice", arguments->nice, "How much it gives way to other programs, 0 to 19 (scan.nice)");
  command.AddFlag("--watch", arguments->watch, "Go on until Ctrl-C, with what changes in the folders");
  command.AddFlag("--gone", arguments->gone, "What is not there was deleted, however much it is");
  command.SetAction([=, &app] { return Scan(app, *arguments); });
}

void AddRetryCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("retry", "Try again what failed");
  const auto arguments = std::make_shared<RetryArguments>();
  command.AddOptionalArguments("PHOTO", arguments->photos, "These only");
  command.AddOption("--reason", arguments->reason, "What failed for a reason that contains this");
  command.SetAction([=, &app] { return Retry(app, *arguments); });
}

void AddPauseCommands(CommandLine& parser, App& app) {
  parser.AddCommand("pause", "Let scans of this library rest").SetAction([&app] { return SetPaused(app, true); });
  parser.AddCommand("resume", "Let them go on").SetAction([&app] { return SetPaused(app, false); });
}

}  // namespace calotype
