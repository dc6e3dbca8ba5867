// Tells the words of a query from the options around it, before the command line is parsed.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "cli/command_description.h"

namespace calotype {

// Moves the words of a query behind "--", so that no parser takes "-name:raw" for "-n ame:raw". Command lines of other
// commands are returned as they are. kInvalidArgument for what looks like an option but is none of the command's:
// something that starts with "--", or a dash with a single letter.
StatusOr<std::vector<std::string>> SeparateWords(std::vector<std::string> arguments, const CommandDescription& program);

}  // namespace calotype
