// Examines a command line before it is parsed: names commands that do not exist, and separates the words of a query
// from the options around it.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "cli/command_description.h"

namespace calotype {

// Moves the words of a query behind "--", so that no parser takes "-name:raw" for "-n ame:raw". Command lines of other
// commands are returned as they are. kInvalidArgument for what looks like an option but is none of the command's:
// something that starts with "--", or a dash with one letter.
StatusOr<std::vector<std::string>> SeparateWords(std::vector<std::string> arguments, const CommandDescription& program);

// kInvalidArgument if the first argument that is not an option names no command of `program`, or the next one no
// command below it; the message suggests similar ones. OK if the command line asks for help or the version before that.
Status CheckCommand(const std::vector<std::string>& arguments, const CommandDescription& program);

}  // namespace calotype
