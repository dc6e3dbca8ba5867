// calotype scan, calotype retry
#include <fmt/format.h>

#include <memory>

#include "cli/command.h"
#include "cli/scan_run.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

struct ScanArguments {
  std::vector<std::string> folders;
  std::vector<std::string> only;
};

CommandResult Scan(App& app, const ScanArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(
      const ScanReport report,
      ScanWithProgress(app, {.models = app.PackInUse(), .folders = arguments.folders, .only = arguments.only}));
  Print(Summary(report));
  return report.failed + report.problems > 0 ? 1 : 0;
}

CommandResult Retry(App& app) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, app.OpenCatalog(false));
  CALOTYPE_ASSIGN_OR_RETURN(const int64_t count, catalog->RetryFailed());
  Print(fmt::format("{} analyses are tried again\n", count));
  return count > 0 ? Scan(app, {}) : CommandResult(0);
}

}  // namespace

void AddScanCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("scan", "Look at every photo of one or more folders and remember it");
  const auto arguments = std::make_shared<ScanArguments>();
  command.AddArguments("FOLDER", arguments->folders, "Folders or files");
  command.AddList("--only", arguments->only, "Analyses to run: objects, embedding, text, faces, pdq");
  command.SetAction([=, &app] { return Scan(app, *arguments); });
}

void AddRetryCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("retry", "Try everything again that failed");
  command.SetAction([&app] { return Retry(app); });
}

}  // namespace calotype
