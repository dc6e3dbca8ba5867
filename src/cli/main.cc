// Builds the command line, runs the command that was given, and turns its result into the exit status.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/given_up.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/progress_bar.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

constexpr std::array<AddCommand, 22> kCommands = {
    AddScanCommand,         AddFleetCommands, AddSearchCommand,  AddShowCommand,   AddSimilarCommand,
    AddDuplicatesCommand,   AddPeopleCommand, AddFoldersCommand, AddStatusCommand, AddRetryCommand,
    AddAnalyzeCommand,      AddModelsCommand, AddConfigCommand,  AddDoctorCommand, AddExportCommand,
    AddKeepingCommands,     AddPauseCommands, AddServeCommand,   AddTokenCommand,  AddTrashCommand,
    AddWorkflowTestCommand, AddShellCommands,
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

constexpr std::string_view kNoMemory = "not enough memory, or no more threads allowed (ulimit -v, ulimit -u)";

// True if the system refused to give memory or to start a thread.
bool IsLackOfMemory(const std::exception& error) {
  const auto* const system = dynamic_cast<const std::system_error*>(&error);
  return dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
         (system != nullptr && (system->code() == std::errc::resource_unavailable_try_again ||
                                system->code() == std::errc::not_enough_memory));
}

// Called when nobody catches an exception, such as that of a thread that got no memory: that is no crash, and what was
// stored is whole. Allocates nothing.
void OnTerminate() {
  try {
    if (const std::exception_ptr error = std::current_exception()) {
      std::rethrow_exception(error);
    }
  } catch (const std::exception& error) {
    if (IsLackOfMemory(error)) {
      for (const std::string_view part : {std::string_view("calotype: "), kNoMemory, std::string_view("\n")}) {
        static_cast<void>(!write(STDERR_FILENO, part.data(), part.size()));
      }
      _exit(1);
    }
  } catch (...) {  // NOLINT(bugprone-empty-catch): ends below
  }
  std::abort();
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
  std::set_terminate(calotype::OnTerminate);
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
    calotype::PrintError(calotype::IsLackOfMemory(error) ? std::string(calotype::kNoMemory)
                                                         : fmt::format("unexpected error: {}", error.what()));
    return 1;
  }
}
