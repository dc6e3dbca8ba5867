#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <utility>

namespace calotype {
namespace {

constexpr int kUsageError = 2;
constexpr const char* kHidden = "";  // CLI11's word for an option that --help leaves out

}  // namespace

CommandLine CommandLine::AddCommand(const std::string& name, const std::string& help) {
  app_.require_subcommand(1);
  CLI::App* const command = app_.add_subcommand(name, help);
  command->add_flag("--verbose", globals_.verbose)->group(kHidden);
  command->add_option("--set", globals_.assignments)->allow_extra_args(false)->group(kHidden);
  return {*command, globals_, chosen_};
}

void CommandLine::AddFlag(const std::string& names, bool& value, const std::string& help) {
  app_.add_flag(names, value, help);
}

void CommandLine::AddOption(const std::string& names, std::string& value, const std::string& help) {
  app_.add_option(names, value, help);
}

void CommandLine::AddCount(const std::string& names, int& value, const std::string& help) {
  app_.add_option(names, value, help)->check(CLI::PositiveNumber)->capture_default_str();
}

void CommandLine::AddList(const std::string& names, std::vector<std::string>& values, const std::string& help) {
  app_.add_option(names, values, help)->delimiter(',');
}

void CommandLine::AddArgument(const std::string& name, std::string& value, const std::string& help) {
  app_.add_option(name, value, help)->required();
}

void CommandLine::AddArgument(const std::string& name, int64_t& value, const std::string& help) {
  app_.add_option(name, value, help)->required();
}

void CommandLine::AddOptionalArgument(const std::string& name, std::string& value, const std::string& help) {
  app_.add_option(name, value, help);
}

void CommandLine::AddArguments(const std::string& name, std::vector<std::string>& values, const std::string& help) {
  app_.add_option(name, values, help)->required();
}

void CommandLine::AddOptionalArguments(const std::string& name, std::vector<std::string>& values,
                                       const std::string& help) {
  app_.add_option(name, values, help);
}

void CommandLine::AddWords(const std::string& name, std::vector<std::string>& words, const std::string& help) {
  AddOptionalWords(name, words, help);
  app_.get_option(name)->required();
}

void CommandLine::AddOptionalWords(const std::string& name, std::vector<std::string>& words, const std::string& help) {
  app_.add_option(name, words, help);
  app_.allow_extras();
  app_.parse_complete_callback([&app = app_, &words] {
    // "--" ends the options and is no word itself.
    std::ranges::copy_if(app.remaining(), std::back_inserter(words),
                         [](const std::string& word) { return word != "--"; });
  });
}

void CommandLine::SetAction(CommandAction action) {
  app_.final_callback([&chosen = chosen_, action = std::move(action)] { chosen = action; });
}

CommandLineParser::CommandLineParser(const std::string& program, const std::string& version, const std::string& summary)
    : app_(std::make_unique<CLI::App>(summary, program)) {
  app_->set_version_flag("--version", program + " " + version);
  app_->add_flag("-v,--verbose", globals_.verbose, "Say what is loaded and where it runs");
  app_->add_option("--set", globals_.assignments, "A setting, KEY=VALUE (see: calotype config)")
      ->allow_extra_args(false);
}

CommandLineParser::~CommandLineParser() = default;

CommandLine CommandLineParser::root() { return {*app_, globals_, chosen_}; }

CommandAction CommandLineParser::Parse(int argc, char** argv, int& status) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    status = app_->exit(error) == 0 ? 0 : kUsageError;
    return nullptr;
  }
  return chosen_;
}

}  // namespace calotype
