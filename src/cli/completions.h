// Completions for shells, made from the descriptions of the commands.
#pragma once

#include <string>
#include <vector>

#include "cli/command_description.h"

namespace calotype {

// Scripts to be sourced by the shell, or to be installed where it looks for completions. `settings` are the words that
// complete --set.
std::string BashCompletion(const CommandDescription& program, const std::vector<std::string>& settings);
std::string ZshCompletion(const CommandDescription& program, const std::vector<std::string>& settings);
std::string FishCompletion(const CommandDescription& program, const std::vector<std::string>& settings);

}  // namespace calotype
