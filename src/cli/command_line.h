// Defines and parses the command line. Only command_line.cc includes CLI11, because that costs ten seconds of compile
// time for each file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "cli/command_description.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library chose it
class App;
class Option;
}  // namespace CLI

namespace calotype {

// The result of a command: the exit status, or the error that ended it. Exit statuses: 0 success, 1 something failed
// and was reported, 2 wrong usage (UsageError), 130 interrupted by Ctrl-C.
using CommandResult = StatusOr<int>;
// Runs the command that was given.
using CommandAction = std::function<CommandResult()>;

// Reports that the command was used wrongly, and returns the exit status 2. For what Parse() cannot check.
CommandResult UsageError(const Status& error);
CommandResult UsageError(const std::string& message);

// Options that every command takes, before or after its name.
struct GlobalArguments {
  bool verbose = false;
  bool no_sandbox = false;
  std::vector<std::string> assignments;  // KEY=VALUE, also of --log-file and --log-format
  std::string server;                    // a URL; empty: the library of this machine
  bool settings_optional = false;        // the command that was given also runs with settings that are not valid
};

// A command that is being defined. Variables given by reference are written by Parse() and must live until the action
// has run; an action that holds them by shared_ptr ensures this.
//
// `names` of an option are separated by commas, and the name of its value may follow: "-o,--out FILE". Values called
// FILE, FOLDER, PHOTO and so on are completed as paths. An option takes exactly one value, so that the next word is
// free for an argument; where several are allowed, the option is given again.
class CommandLine {
 public:
  // Adds a command below this one. A command that has others below it can be run itself only if SetAction() is called
  // after they were added.
  CommandLine AddCommand(const std::string& name, const std::string& help);

  void AddFlag(const std::string& names, bool& value, const std::string& help);
  void AddOption(const std::string& names, std::string& value, const std::string& help);
  // One of `choices`; anything else is a usage error that lists them.
  void AddChoice(const std::string& names, std::string& value, const std::vector<std::string>& choices,
                 const std::string& help);
  // A whole number from 1 on; `value` holds the default.
  void AddCount(const std::string& names, int& value, const std::string& help);
  // Several values: separated by commas, or the option given again. `choices` are offered as completions, not checked.
  void AddList(const std::string& names, std::vector<std::string>& values, const std::string& help,
               const std::vector<std::string>& choices = {});
  // Several values that may contain commas: the option is given again for each.
  void AddRepeated(const std::string& names, std::vector<std::string>& values, const std::string& help);
  // --only, the same for all commands that run analyses.
  void AddOnly(std::vector<std::string>& analyses);

  // Lets the command work with the library of a server (--server). Returns where Parse() writes the URL: empty for the
  // library of this machine. The other commands refuse the option.
  const std::string& AddServer();

  // Arguments are identified by their position.
  void AddArgument(const std::string& name, std::string& value, const std::string& help);
  void AddArgument(const std::string& name, int64_t& value, const std::string& help);
  void AddOptionalArgument(const std::string& name, std::string& value, const std::string& help);
  // One or more.
  void AddArguments(const std::string& name, std::vector<std::string>& values, const std::string& help);
  // Any number.
  void AddOptionalArguments(const std::string& name, std::vector<std::string>& values, const std::string& help);
  // One or more words of a query. A word may start with "-" (-object:cat) unless it is one of this command's options;
  // a word that starts with "--", or with "-" and has one more letter, must be an option. After "--" all are words.
  void AddWords(const std::string& name, std::vector<std::string>& words, const std::string& help);
  // The same, or none.
  void AddOptionalWords(const std::string& name, std::vector<std::string>& words, const std::string& help);

  // Everything that is added to this command, also later. Valid as long as the parser.
  const CommandDescription& description() const { return description_; }

  // Sets what is run when the user gives this command. With kAny it also runs when the settings are not valid
  // (App::configured()).
  enum class SettingsNeed : uint8_t { kValid, kAny };
  void SetAction(CommandAction action, SettingsNeed need = SettingsNeed::kValid);

 private:
  friend class CommandLineParser;
  CommandLine(CLI::App& app, CommandDescription& description, GlobalArguments& globals, CommandAction& chosen)
      : app_(app), description_(description), globals_(globals), chosen_(chosen) {}

  CLI::Option& AddValues(const std::string& names, std::vector<std::string>& values, const std::string& help,
                         const std::vector<std::string>& choices);
  void AddArgumentList(const std::string& name, std::vector<std::string>& values, const std::string& help,
                       bool required);

  CLI::App& app_;
  CommandDescription& description_;
  GlobalArguments& globals_;
  CommandAction& chosen_;
};

// Not thread-safe.
class CommandLineParser {
 public:
  CommandLineParser(const std::string& program, const std::string& version, const std::string& summary);
  CommandLineParser(const CommandLineParser&) = delete;
  CommandLineParser& operator=(const CommandLineParser&) = delete;
  ~CommandLineParser();

  CommandLine root();
  // All commands that were added, below one called as the program.
  const CommandDescription& description() const { return description_; }

  // Returns the action of the command that was given. It is empty after --help and --version, which are printed on
  // standard output (`status` is 0), and after a usage error, which is reported on standard error (`status` is 2).
  CommandAction Parse(int argc, const char* const* argv, int& status);

  const GlobalArguments& globals() const { return globals_; }

 private:
  // Returns the description of the command that CLI11 found; sets `path` to its full name.
  const CommandDescription& Given(std::string& path) const;

  std::unique_ptr<CLI::App> app_;
  CommandDescription description_;
  GlobalArguments globals_;
  CommandAction chosen_;
};

}  // namespace calotype
