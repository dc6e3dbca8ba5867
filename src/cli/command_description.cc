#include "cli/command_description.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace calotype {
namespace {

// Values with these names are paths.
constexpr std::array<std::string_view, 6> kPathValues = {"BACKUP", "FILE", "FOLDER", "JPEG", "PHOTO", "TO"};

constexpr std::size_t kHelpColumn = 30;
constexpr std::size_t kHelpWidth = 100;

// Breaks `text` between words so that no line is longer than `width`.
std::vector<std::string> Wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines = {""};
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width) {
      lines.emplace_back();
    }
    lines.back() += (lines.back().empty() ? "" : " ") + std::string(word);
  }
  return lines;
}

// A row of a help text: a name, and its explanation from a fixed column on.
std::string HelpRow(const std::string& left, const std::string& help) {
  const bool fits = left.size() + 4 <= kHelpColumn;
  std::string text = fits ? fmt::format("  {:<{}}", left, kHelpColumn - 2) : fmt::format("  {}\n", left);
  bool indented = fits;
  for (const std::string& line : Wrap(help, kHelpWidth - kHelpColumn)) {
    text += fmt::format("{:{}}{}\n", "", indented ? 0 : kHelpColumn, line);
    indented = false;
  }
  return text;
}

std::string HelpWithDefault(const ParameterDescription& parameter) {
  return parameter.fallback.empty() ? parameter.help
                                    : fmt::format("{} (default: {})", parameter.help, parameter.fallback);
}

std::string HelpSection(std::string_view title, const std::vector<ParameterDescription>& parameters) {
  std::string text = parameters.empty() ? "" : fmt::format("\n{}:\n", title);
  for (const ParameterDescription& parameter : parameters) {
    text += HelpRow(Usage(parameter), HelpWithDefault(parameter));
  }
  return text;
}

}  // namespace

bool ParameterDescription::is_path() const { return std::ranges::find(kPathValues, value) != kPathValues.end(); }

const ParameterDescription* CommandDescription::FindOption(std::string_view wanted) const {
  const auto found = std::ranges::find_if(options, [wanted](const ParameterDescription& option) {
    return std::ranges::find(option.names, wanted) != option.names.end();
  });
  return found == options.end() ? nullptr : &*found;
}

const CommandDescription* CommandDescription::FindCommand(std::string_view wanted) const {
  const auto found = std::ranges::find(commands, wanted, &CommandDescription::name);
  return found == commands.end() ? nullptr : &*found;
}

std::string Usage(const ParameterDescription& parameter) {
  if (parameter.is_option()) {
    return fmt::format("{}{}{}", fmt::join(parameter.names, ", "), parameter.takes_value() ? " " : "", parameter.value);
  }
  const std::string name = parameter.value + (parameter.repeated ? "..." : "");
  return parameter.required ? name : "[" + name + "]";
}

std::string Usage(const CommandDescription& command, const std::string& path) {
  std::string usage = path + (command.options.empty() ? "" : " [OPTIONS]") +
                      (command.commands.empty() ? ""
                       : command.runs_alone     ? " [COMMAND]"
                                                : " COMMAND");
  for (const ParameterDescription& argument : command.arguments) {
    usage += " " + Usage(argument);
  }
  return usage;
}

std::string HelpText(const CommandDescription& command, const std::string& path) {
  std::string text = fmt::format("{}\n\nUsage: {}\n", command.help, Usage(command, path));
  text += HelpSection("Arguments", command.arguments) + HelpSection("Options", command.options);
  if (!command.commands.empty()) {
    text += "\nCommands:\n";
    for (const CommandDescription& below : command.commands) {
      text += HelpRow(below.name, below.help);
    }
    text += fmt::format("\n\"{} COMMAND --help\" shows its arguments and options.\n", path);
  }
  return text;
}

}  // namespace calotype
