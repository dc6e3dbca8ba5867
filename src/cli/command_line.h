// The command line as the commands see it. CLI11 stays behind it: every file that included it took ten seconds more to
// compile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library chose it
class App;
}

namespace calotype {

// What a command answers: the exit status (0 fine, 1 something failed and was told), or the error that ended it.
using CommandResult = StatusOr<int>;
// What the parsed command line asks for.
using CommandAction = std::function<CommandResult()>;

// What every command takes, before or after its name.
struct GlobalArguments {
  bool verbose = false;
  std::vector<std::string> assignments;  // KEY=VALUE
};

// A command that is being described. What is given by reference is written by Parse() and must live until the action
// has run; an action that holds it by shared_ptr sees to that.
class CommandLine {
 public:
  // A command below this one, of which one must then be given.
  CommandLine AddCommand(const std::string& name, const std::string& help);

  void AddFlag(const std::string& names, bool& value, const std::string& help);
  void AddOption(const std::string& names, std::string& value, const std::string& help);
  // A whole number from 1 on; what `value` holds is the default.
  void AddCount(const std::string& names, int& value, const std::string& help);
  // Several values, between commas or given again.
  void AddList(const std::string& names, std::vector<std::string>& values, const std::string& help);

  // What must be given, by its place.
  void AddArgument(const std::string& name, std::string& value, const std::string& help);
  void AddArgument(const std::string& name, int64_t& value, const std::string& help);
  void AddOptionalArgument(const std::string& name, std::string& value, const std::string& help);
  // One or more.
  void AddArguments(const std::string& name, std::vector<std::string>& values, const std::string& help);
  // Any number.
  void AddOptionalArguments(const std::string& name, std::vector<std::string>& values, const std::string& help);
  // One or more, where one that looks like an option but is none of this command's counts too; those come last.
  void AddWords(const std::string& name, std::vector<std::string>& words, const std::string& help);
  // The same, or none.
  void AddOptionalWords(const std::string& name, std::vector<std::string>& words, const std::string& help);

  // What is done when this command is the one that was given.
  void SetAction(CommandAction action);

 private:
  friend class CommandLineParser;
  CommandLine(CLI::App& app, GlobalArguments& globals, CommandAction& chosen)
      : app_(app), globals_(globals), chosen_(chosen) {}

  CLI::App& app_;
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

  // What is to be done. For --help and --version, which are answered here, it is empty and `status` is 0; after a usage
  // error, told on standard error, it is empty and `status` is 2.
  CommandAction Parse(int argc, char** argv, int& status);

  const GlobalArguments& globals() const { return globals_; }

 private:
  std::unique_ptr<CLI::App> app_;
  GlobalArguments globals_;
  CommandAction chosen_;
};

}  // namespace calotype
