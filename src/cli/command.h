// The commands of the program: one .cc each, one row each in main's table.
#pragma once

#include "app/app.h"
#include "cli/command_line.h"

namespace calotype {

// Adds a command to `parser`, with an action that is called once, after App::Configure().
using AddCommand = void (*)(CommandLine& parser, App& app);

void AddAnalyzeCommand(CommandLine& parser, App& app);
void AddConfigCommand(CommandLine& parser, App& app);
void AddDoctorCommand(CommandLine& parser, App& app);
void AddDuplicatesCommand(CommandLine& parser, App& app);
void AddExportCommand(CommandLine& parser, App& app);
void AddFoldersCommand(CommandLine& parser, App& app);
void AddKeepingCommands(CommandLine& parser, App& app);
void AddModelsCommand(CommandLine& parser, App& app);
void AddPauseCommands(CommandLine& parser, App& app);
void AddPeopleCommand(CommandLine& parser, App& app);
// Below "people".
void AddDecisionCommands(CommandLine& people, App& app);
void AddFleetCommands(CommandLine& parser, App& app);
void AddForgetCommand(CommandLine& people, App& app);
void AddSuggestionsCommand(CommandLine& people, App& app);
// Below "models".
void AddImportCommand(CommandLine& models, App& app);
void AddPullCommand(CommandLine& models, App& app);
void AddQuantiseCommand(CommandLine& models, App& app);
// Below "models".
void AddUseCommand(CommandLine& models, App& app);
void AddRetryCommand(CommandLine& parser, App& app);
void AddScanCommand(CommandLine& parser, App& app);
void AddSearchCommand(CommandLine& parser, App& app);
void AddServeCommand(CommandLine& parser, App& app);
void AddShellCommands(CommandLine& parser, App& app);
void AddShowCommand(CommandLine& parser, App& app);
void AddSimilarCommand(CommandLine& parser, App& app);
void AddStatusCommand(CommandLine& parser, App& app);
void AddTrashCommand(CommandLine& parser, App& app);
void AddTokenCommand(CommandLine& parser, App& app);
void AddWorkflowTestCommand(CommandLine& parser, App& app);

}  // namespace calotype
