#include "cli/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <utility>

#include "app/analyze.h"
#include "cli/query_words.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

constexpr int kUsageError = 2;
constexpr const char* kServerOption = "--server";
constexpr const char* kHidden = "";  // CLI11's group for options that its help leaves out

// Reads a definition such as "-o,--out FILE": the names "-o" and "--out", and "FILE" for the value.
ParameterDescription OptionOf(const std::string& definition, const std::string& help) {
  const std::size_t space = definition.find(' ');
  ParameterDescription option{.help = help};
  if (space != std::string::npos) {
    option.value = definition.substr(space + 1);
  }
  const std::string names = definition.substr(0, space);
  for (std::size_t begin = 0; begin < names.size();) {
    const std::size_t end = std::min(names.find(',', begin), names.size());
    option.names.push_back(names.substr(begin, end - begin));
    begin = end + 1;
  }
  return option;
}

// The same for an option with a value, which is called `value` if the definition does not name it.
ParameterDescription ValueOptionOf(const std::string& definition, const std::string& value, const std::string& help) {
  ParameterDescription option = OptionOf(definition, help);
  option.value = option.value.empty() ? value : option.value;
  return option;
}

// The names as CLI11 expects them.
std::string NamesOf(const ParameterDescription& option) { return fmt::format("{}", fmt::join(option.names, ",")); }

// CLI11 would read "[a]" as a list that contains "a". A mark at the end of words that start with a bracket prevents
// this.
constexpr char kMark = '\x01';

std::string Marked(std::string argument) {
  if (argument.starts_with('[')) {
    argument += kMark;
  }
  return argument;
}

std::string Unmarked(std::string value) {
  if (!value.empty() && value.back() == kMark) {
    value.pop_back();
  }
  return value;
}

// Removes the mark from the values of `option`.
CLI::Option& AsGiven(CLI::Option* option) { return *option->transform(Unmarked); }

// Thrown while CLI11 parses, and caught by Parse().
[[noreturn]] void Refuse(const std::string& name, const std::string& seen, const std::string& allowed) {
  throw CLI::ValidationError(fmt::format("{} is '{}'; it can be {}", name, seen, allowed));
}

void RequireChoice(const std::string& name, const std::string& seen, const std::vector<std::string>& choices) {
  if (std::ranges::find(choices, seen) == choices.end()) {
    Refuse(name, seen, fmt::format("{} or {}", fmt::join(choices.begin(), choices.end() - 1, ", "), choices.back()));
  }
}

template <typename Number>
Number WholeNumber(const std::string& name, const std::string& text, Number smallest) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < smallest) {
    Refuse(name, text, fmt::format("a whole number from {} to {}", smallest, std::numeric_limits<Number>::max()));
  }
  return number;
}

// Options that are short names of settings: they add to `assignments`.
struct SettingOption {
  const char* name;
  const char* value;
  const char* key;
  const char* help;
};

constexpr std::array<SettingOption, 2> kSettingOptions = {{
    {"--log-file", "FILE", "log.file", "Append log lines to this file instead of standard error (log.file)"},
    {"--log-format", "FORMAT", "log.format", "text or json: one JSON object a line (log.format)"},
}};

CLI::Option* AddSettingOption(CLI::App& app, const SettingOption& option, std::vector<std::string>& assignments) {
  return &AsGiven(app.add_option_function<std::string>(
      option.name,
      [&assignments, key = option.key](const std::string& value) {
        assignments.push_back(fmt::format("{}={}", key, value));
      },
      option.help));
}

}  // namespace

CommandResult UsageError(const std::string& message) {
  PrintError(message);
  return kUsageError;
}

CommandResult UsageError(const Status& error) { return UsageError(Message(error)); }

CommandLine CommandLine::AddCommand(const std::string& name, const std::string& help) {
  app_.require_subcommand(1);
  CLI::App* const command = app_.add_subcommand(name, help);
  command->add_flag("-v,--verbose", globals_.verbose)->group(kHidden);
  command->add_option("--set", globals_.assignments)->allow_extra_args(false)->group(kHidden);
  command->add_flag("--no-sandbox", globals_.no_sandbox)->group(kHidden);
  for (const SettingOption& option : kSettingOptions) {
    AddSettingOption(*command, option, globals_.assignments)->group(kHidden);
  }
  command->add_option(kServerOption, globals_.server)->group(kHidden);
  CommandDescription& description = description_.commands.emplace_back();
  description.name = name;
  description.help = help;
  return {*command, description, globals_, chosen_};
}

void CommandLine::AddFlag(const std::string& names, bool& value, const std::string& help) {
  app_.add_flag(NamesOf(description_.options.emplace_back(OptionOf(names, help))), value, help);
}

void CommandLine::AddOption(const std::string& names, std::string& value, const std::string& help) {
  AsGiven(app_.add_option(NamesOf(description_.options.emplace_back(ValueOptionOf(names, "TEXT", help))), value, help));
}

void CommandLine::AddChoice(const std::string& names, std::string& value, const std::vector<std::string>& choices,
                            const std::string& help) {
  ParameterDescription option = ValueOptionOf(names, fmt::format("{}", fmt::join(choices, "|")), help);
  option.choices = choices;
  option.fallback = value;
  const std::string name = option.names.back();
  app_.add_option_function<std::string>(
      NamesOf(option),
      [&value, choices, name](const std::string& text) {
        RequireChoice(name, text, choices);
        value = text;
      },
      help);
  description_.options.push_back(std::move(option));
}

void CommandLine::AddCount(const std::string& names, int& value, const std::string& help) {
  ParameterDescription option = ValueOptionOf(names, "NUMBER", help);
  option.fallback = std::to_string(value);
  app_.add_option_function<std::string>(
      NamesOf(option),
      [&value, name = option.names.back()](const std::string& text) { value = WholeNumber<int>(name, text, 1); }, help);
  description_.options.push_back(std::move(option));
}

CLI::Option& CommandLine::AddValues(const std::string& names, std::vector<std::string>& values, const std::string& help,
                                    const std::vector<std::string>& choices) {
  ParameterDescription option = ValueOptionOf(names, "TEXT", help);
  option.choices = choices;
  option.repeated = true;
  CLI::Option& added = AsGiven(app_.add_option(NamesOf(option), values, help)->allow_extra_args(false));
  description_.options.push_back(std::move(option));
  return added;
}

void CommandLine::AddList(const std::string& names, std::vector<std::string>& values, const std::string& help,
                          const std::vector<std::string>& choices) {
  AddValues(names, values, help, choices).delimiter(',');
}

void CommandLine::AddRepeated(const std::string& names, std::vector<std::string>& values, const std::string& help) {
  AddValues(names, values, help, {});
}

void CommandLine::AddOnly(std::vector<std::string>& analyses) {
  static const std::vector<std::string> kAnalyses(kAnalysisNames.begin(), kAnalysisNames.end());
  ParameterDescription option =
      ValueOptionOf("--only ANALYSES", "",
                    "Run only these analyses, separated by commas: objects, embedding, text, faces (or faces.detect, "
                    "faces.recognise), pdq");
  option.choices = kAnalyses;
  option.repeated = true;
  const auto add = [&analyses](const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      RequireChoice("--only", name, kAnalyses);
    }
    analyses = names;
  };
  AsGiven(app_.add_option_function<std::vector<std::string>>(NamesOf(option), add, option.help)
              ->allow_extra_args(false)
              ->delimiter(','));
  description_.options.push_back(std::move(option));
}

const std::string& CommandLine::AddServer() {
  description_.takes_server = true;
  return globals_.server;
}

void CommandLine::AddArgument(const std::string& name, std::string& value, const std::string& help) {
  AddOptionalArgument(name, value, help);
  description_.arguments.back().required = true;
  app_.get_option(name)->required();
}

void CommandLine::AddArgument(const std::string& name, int64_t& value, const std::string& help) {
  app_.add_option_function<std::string>(
          name, [&value, name](const std::string& text) { value = WholeNumber<int64_t>(name, text, 1); }, help)
      ->required();
  description_.arguments.push_back({.value = name, .help = help, .required = true});
}

void CommandLine::AddOptionalArgument(const std::string& name, std::string& value, const std::string& help) {
  AsGiven(app_.add_option(name, value, help));
  description_.arguments.push_back({.value = name, .help = help});
}

void CommandLine::AddArgumentList(const std::string& name, std::vector<std::string>& values, const std::string& help,
                                  bool required) {
  AsGiven(app_.add_option(name, values, help)->required(required));
  description_.arguments.push_back({.value = name, .help = help, .required = required, .repeated = true});
}

void CommandLine::AddArguments(const std::string& name, std::vector<std::string>& values, const std::string& help) {
  AddArgumentList(name, values, help, true);
}

void CommandLine::AddOptionalArguments(const std::string& name, std::vector<std::string>& values,
                                       const std::string& help) {
  AddArgumentList(name, values, help, false);
}

void CommandLine::AddWords(const std::string& name, std::vector<std::string>& words, const std::string& help) {
  description_.takes_words = true;
  AddArgumentList(name, words, help, true);
}

void CommandLine::AddOptionalWords(const std::string& name, std::vector<std::string>& words, const std::string& help) {
  description_.takes_words = true;
  AddArgumentList(name, words, help, false);
}

void CommandLine::SetAction(CommandAction action, SettingsNeed need) {
  if (!description_.commands.empty()) {
    description_.runs_alone = true;
    app_.require_subcommand(0, 1);
  }
  app_.final_callback([&app = app_, &chosen = chosen_, &globals = globals_, need, action = std::move(action)] {
    if (app.get_subcommands().empty()) {
      chosen = action;
      globals.settings_optional = need == SettingsNeed::kAny;
    }
  });
}

CommandLineParser::CommandLineParser(const std::string& program, const std::string& version, const std::string& summary)
    : app_(std::make_unique<CLI::App>(summary, program)) {
  description_.name = program;
  description_.help = summary;
  CommandLine root = this->root();
  root.AddFlag("-v,--verbose", globals_.verbose, "Report which models are loaded and where they run");
  root.AddFlag("--no-sandbox", globals_.no_sandbox,
               "Let the processes that read photos reach files and the network, where a kernel or a library needs it "
               "(scan.sandbox)");
  root.AddRepeated("--set KEY=VALUE", globals_.assignments,
                   "Change a setting for this run (calotype config lists them)");
  root.AddOption(std::string(kServerOption) + " URL", globals_.server,
                 "Use the library of a server (search, scan, status, people). Its token is in CALOTYPE_TOKEN or "
                 "client.token_file: others can see the options of a command");
  for (const SettingOption& option : kSettingOptions) {
    AddSettingOption(*app_, option, globals_.assignments);
    ParameterDescription described = ValueOptionOf(option.name, option.value, option.help);
    if (std::string_view(option.key) == "log.format") {
      described.choices = {"text", "json"};
    }
    description_.options.push_back(std::move(described));
  }
  app_->set_version_flag("--version", program + " " + version);
  // CLI11 handles these itself.
  description_.options.push_back({.names = {"-h", "--help"}, .help = "Show this help, or that of a command"});
  description_.options.push_back({.names = {"--version"}, .help = "Show the version"});
}

CommandLineParser::~CommandLineParser() = default;

CommandLine CommandLineParser::root() { return {*app_, description_, globals_, chosen_}; }

const CommandDescription& CommandLineParser::Given(std::string& path) const {
  const CommandDescription* command = &description_;
  path = command->name;
  for (const CLI::App* app = app_.get(); !app->get_subcommands().empty();) {
    app = app->get_subcommands().front();
    command = command->FindCommand(app->get_name());
    path += " " + command->name;
  }
  return *command;
}

CommandAction CommandLineParser::Parse(int argc, const char* const* argv, int& status) {
  std::string path;
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (const Status command = CheckCommand(arguments, description_); !command.ok()) {
    status = *UsageError(command);
    return nullptr;
  }
  try {
    StatusOr<std::vector<std::string>> words = SeparateWords(std::move(arguments), description_);
    if (!words.ok()) {
      throw CLI::ValidationError(Message(words.status()));
    }
    std::ranges::transform(*words, words->begin(), Marked);
    std::ranges::reverse(*words);  // CLI11 takes the arguments from the end
    app_->parse(*std::move(words));
    if (const CommandDescription& command = Given(path); !globals_.server.empty() && !command.takes_server) {
      throw CLI::ValidationError(
          fmt::format("{} works with the library of this machine; leave out {}", path, kServerOption));
    }
    return chosen_;
  } catch (const CLI::CallForHelp&) {
    const CommandDescription& command = Given(path);
    Print(HelpText(command, path));
  } catch (const CLI::CallForVersion& version) {
    Print(fmt::format("{}\n", version.what()));
  } catch (const CLI::ParseError& error) {
    Given(path);
    PrintError(fmt::format("{}; \"{} --help\" shows what it takes", error.what(), path));
    status = kUsageError;
    return nullptr;
  }
  status = 0;
  return nullptr;
}

}  // namespace calotype
