// The commands of the program: one .cc each, one row each in main's table.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "base/status.h"
#include "cli/app.h"

namespace calotype {

// What a command answers: the exit status (0 fine, 1 something failed and was told), or the error that ended it.
using CommandResult = StatusOr<int>;

// What the parsed command line asks for; called once, after App::Configure.
using CommandAction = std::function<CommandResult()>;

// Each adds its subcommand to `parser` and, when that is chosen, sets `action`.
using AddCommand = void (*)(CLI::App& parser, App& app, CommandAction& action);

void AddAnalyzeCommand(CLI::App& parser, App& app, CommandAction& action);
void AddConfigCommand(CLI::App& parser, App& app, CommandAction& action);
void AddDoctorCommand(CLI::App& parser, App& app, CommandAction& action);
void AddDuplicatesCommand(CLI::App& parser, App& app, CommandAction& action);
void AddModelsCommand(CLI::App& parser, App& app, CommandAction& action);
void AddPeopleCommand(CLI::App& parser, App& app, CommandAction& action);
// Below "models".
void AddPullCommand(CLI::App& models, App& app, CommandAction& action);
void AddRetryCommand(CLI::App& parser, App& app, CommandAction& action);
void AddScanCommand(CLI::App& parser, App& app, CommandAction& action);
void AddSearchCommand(CLI::App& parser, App& app, CommandAction& action);
void AddShowCommand(CLI::App& parser, App& app, CommandAction& action);
void AddSimilarCommand(CLI::App& parser, App& app, CommandAction& action);
void AddStatusCommand(CLI::App& parser, App& app, CommandAction& action);
void AddWorkflowTestCommand(CLI::App& parser, App& app, CommandAction& action);

}  // namespace calotype
