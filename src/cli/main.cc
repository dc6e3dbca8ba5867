// Builds the command line, runs the command that was given, and turns its result into the exit status.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "base/given_up.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/progress_bar.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

constexpr std::array<AddCommand, 21> kCommands = {
    AddScanCommand,   AddSearchCommand,  AddShowCommand,   AddSimilarCommand, AddDuplicatesCommand,
    AddPeopleCommand, AddFoldersCommand, AddStatusCommand, AddRetryCommand,   AddAnalyzeCommand,
    AddModelsCommand, AddConfigCommand,  AddDoctorCommand, AddExportCommand,  AddKeepingCommands,
    AddPauseCommands, AddServeCommand,   AddTokenCommand,  AddTrashCommand,   AddWorkflowTestCommand,
    AddShellCommands,
};

int Fail(const Status& status) {
  PrintError(Message(status));
  return ExitStatus(status);
}

// If the output could not be written, the command failed, even if everything else succeeded.
int Finish(int status) {
  const Status printed = OutputStatus();
  return status == 0 && !printed.ok() ? Fail(printed) : status;
}

int Run(int argc, char** argv) {
  CommandLineParser parser("calotype", CALOTYPE_VERSION, "Photo intelligence that runs on your own machine.");
  App app;
  CommandLine root = parser.root();
  for (const AddCommand add : kCommands) {
    add(root, app);
  }
  int status = 0;
  const CommandAction action = parser.Parse(argc, argv, status);
  if (!action) {
    return status;
  }
  SetLogLevel(parser.globals().verbose ? LogLevel::kInfo : LogLevel::kNotice);
  std::vector<std::string> assignments = parser.globals().assignments;
  if (parser.globals().no_sandbox) {
    assignments.emplace_back("scan.sandbox=false");
  }
  const Status configured = app.Configure(assignments);
  if (!configured.ok() && !parser.globals().settings_optional) {
    return Fail(configured);
  }
  const CommandResult result = action();
  return result.ok() ? *result : Fail(result.status());
}

}  // namespace
}  // namespace calotype

int main(int argc, char** argv) {
  try {
    calotype::PrepareOutput();
    calotype::SetLogPreparation(calotype::ProgressBar::Clear);
    const int status = calotype::Finish(calotype::Run(argc, argv));
    if (calotype::AnyCallGivenUp()) {
      std::fflush(nullptr);
      _exit(status);
    }
    return status;
  } catch (const std::exception& error) {
    calotype::PrintError(fmt::format("unexpected error: {}", error.what()));
    return 1;
  }
}
