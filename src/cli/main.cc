// The command line: wiring alone.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "base/log.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

constexpr int kUsageError = 2;

constexpr std::array<AddCommand, 13> kCommands = {
    AddScanCommand,   AddSearchCommand, AddShowCommand,         AddSimilarCommand, AddDuplicatesCommand,
    AddPeopleCommand, AddStatusCommand, AddRetryCommand,        AddAnalyzeCommand, AddModelsCommand,
    AddConfigCommand, AddDoctorCommand, AddWorkflowTestCommand,
};

int Fail(const Status& status) {
  PrintError(Message(status));
  return ExitStatus(status);
}

int Run(int argc, char** argv) {
  CLI::App parser("Photo intelligence that runs on your own machine.", "calotype");
  parser.require_subcommand(1);
  parser.set_version_flag("--version", "calotype " CALOTYPE_VERSION);
  bool verbose = false;
  parser.add_flag("-v,--verbose", verbose, "Say what is loaded and where it runs");
  std::vector<std::string> assignments;
  parser.add_option("--set", assignments, "A setting, KEY=VALUE (see: calotype config)")->allow_extra_args(false);

  App app;
  CommandAction action;
  for (const AddCommand add : kCommands) {
    add(parser, app, action);
  }
  try {
    parser.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return parser.exit(error) == 0 ? 0 : kUsageError;
  }
  SetLogLevel(verbose ? LogLevel::kInfo : LogLevel::kWarning);
  if (const Status status = app.Configure(assignments); !status.ok()) {
    return Fail(status);
  }
  const CommandResult result = action();
  return result.ok() ? *result : Fail(result.status());
}

}  // namespace
}  // namespace calotype

int main(int argc, char** argv) {
  try {
    return calotype::Run(argc, argv);
  } catch (const std::exception& error) {
    calotype::PrintError(fmt::format("unexpected: {}", error.what()));
    return 1;
  }
}
