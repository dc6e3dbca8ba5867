// The commands of the program as data, from which help, completions and man pages are made.
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace calotype {

// An option or an argument.
struct ParameterDescription {
  std::vector<std::string> names;    // of an option, short ones first: {"-n", "--limit"}; empty for an argument
  std::string value;                 // the name of its value in a help text, such as "FILE"; empty for a flag
  std::vector<std::string> choices;  // values that are offered as completions
  std::string fallback;              // the default value to show; empty: none
  std::string help;
  bool required = false;
  bool repeated = false;  // may be given several times

  bool is_option() const { return !names.empty(); }
  bool takes_value() const { return !value.empty(); }
  // True when its value is a path.
  bool is_path() const;
};

struct CommandDescription {
  std::string name;  // without the names of the commands above it
  std::string help;
  std::vector<ParameterDescription> options;
  std::vector<ParameterDescription> arguments;
  std::list<CommandDescription> commands;
  // True if its arguments are the words of a query, which may start with "-".
  bool takes_words = false;
  // Whether it also works with the library of a server (--server).
  bool takes_server = false;
  // True if it can be given without one of its `commands`.
  bool runs_alone = false;

  // Null if there is none with this name.
  const ParameterDescription* FindOption(std::string_view wanted) const;
  const CommandDescription* FindCommand(std::string_view wanted) const;
};

// "-n, --limit NUMBER", "QUERY..." or "[PHOTO...]".
std::string Usage(const ParameterDescription& parameter);

// "calotype search [OPTIONS] QUERY...". `path` is the command's full name.
std::string Usage(const CommandDescription& command, const std::string& path);

// What `calotype COMMAND --help` prints.
std::string HelpText(const CommandDescription& command, const std::string& path);

}  // namespace calotype
