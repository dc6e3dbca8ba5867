#include "cli/query_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>

#include "base/similar_words.h"

namespace calotype {
namespace {

constexpr std::string_view kEndOfOptions = "--";

// How many of the arguments an option takes: itself, and the next one where that is its value. 0 when `argument` is
// none of the options of `command` or of the program.
std::size_t OptionLength(const std::string& argument, const CommandDescription& command,
                         const CommandDescription& program) {
  const std::string name = argument.substr(0, argument.find('='));
  const ParameterDescription* option = command.FindOption(name);
  option = option == nullptr ? program.FindOption(name) : option;
  if (option == nullptr || (name != argument && !argument.starts_with("--"))) {
    return 0;
  }
  return option->takes_value() && name == argument ? 2 : 1;
}

// "-n20": the option -n and its value, in one.
bool IsShortWithNumber(std::string_view argument, const CommandDescription& command) {
  constexpr std::size_t kName = 2;
  const ParameterDescription* const option = command.FindOption(argument.substr(0, kName));
  const std::string_view rest = argument.substr(std::min(kName, argument.size()));
  return option != nullptr && option->takes_value() && !rest.empty() &&
         std::ranges::all_of(rest, [](char c) { return c >= '0' && c <= '9'; });
}

Status NotAnOption(const std::string& argument, const CommandDescription& command) {
  return absl::InvalidArgumentError(
      fmt::format("{} is not an option of {}; if it is part of the query, put it after --, which ends the options",
                  argument, command.name));
}

// Moves on to the first argument that is no option of the program: the command's name.
std::size_t SkipOptions(const std::vector<std::string>& arguments, const CommandDescription& program) {
  std::size_t at = 0;
  while (at < arguments.size()) {
    const std::size_t length = OptionLength(arguments[at], program, program);
    if (length == 0) {
      break;
    }
    at += length;
  }
  return std::min(at, arguments.size());
}

bool AsksForHelp(std::string_view argument) {
  return argument == "-h" || argument == "--help" || argument == "--version";
}

Status NoSuchCommand(const std::string& name, const CommandDescription& parent, const std::string& path) {
  std::vector<std::string> known;
  std::ranges::transform(parent.commands, std::back_inserter(known), &CommandDescription::name);
  const std::string suggestion = DidYouMean(name, known);
  return absl::InvalidArgumentError(
      fmt::format("unknown command '{}{}'; {}", path.substr(std::min(path.find(' ') + 1, path.size())), name,
                  suggestion.empty() ? fmt::format("\"{}--help\" lists the commands", path) : suggestion));
}

}  // namespace

Status CheckCommand(const std::vector<std::string>& arguments, const CommandDescription& program) {
  const CommandDescription* command = &program;
  std::string path = program.name + " ";  // with the names of the commands so far
  for (std::size_t at = 0; at < arguments.size() && !command->commands.empty();) {
    const std::string& argument = arguments[at];
    if (AsksForHelp(argument)) {
      return absl::OkStatus();
    }
    if (argument.starts_with('-')) {
      at += std::max<std::size_t>(1, OptionLength(argument, *command, program));
      continue;
    }
    const CommandDescription* const found = command->FindCommand(argument);
    if (found == nullptr) {
      return NoSuchCommand(argument, *command, path);
    }
    command = found;
    path += argument + " ";
    ++at;
  }
  return command->commands.empty() || command->runs_alone
             ? absl::OkStatus()
             : absl::InvalidArgumentError(fmt::format("a command is required; \"{}--help\" lists the commands", path));
}

StatusOr<std::vector<std::string>> SeparateWords(std::vector<std::string> arguments,
                                                 const CommandDescription& program) {
  std::size_t at = SkipOptions(arguments, program);
  const CommandDescription* const command = at < arguments.size() ? program.FindCommand(arguments[at]) : nullptr;
  if (command == nullptr || !command->takes_words) {
    return arguments;
  }
  std::vector<std::string> options(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  std::vector<std::string> words;
  for (++at; at < arguments.size(); ++at) {
    const std::string& argument = arguments[at];
    if (argument == kEndOfOptions) {
      words.insert(words.end(), arguments.begin() + static_cast<std::ptrdiff_t>(at) + 1, arguments.end());
      break;
    }
    const std::size_t length = argument.starts_with('-') ? OptionLength(argument, *command, program) : 0;
    if (length > 0 || IsShortWithNumber(argument, *command)) {
      options.push_back(argument);
      if (length > 1 && at + 1 < arguments.size()) {
        options.push_back(arguments[++at]);
      }
    } else if (argument.starts_with("--") || (argument.starts_with('-') && argument.size() == 2)) {
      return NotAnOption(argument, *command);
    } else {
      words.push_back(argument);
    }
  }
  if (!words.empty()) {
    options.emplace_back(kEndOfOptions);
    std::ranges::move(words, std::back_inserter(options));
  }
  return options;
}

}  // namespace calotype
