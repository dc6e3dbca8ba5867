#include "cli/completions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace calotype {
namespace {

constexpr std::string_view kSettingValue = "KEY=VALUE";

// A command and its full name without the program's: "models pull"; empty for the program itself.
struct CommandPlace {
  std::string path;
  const CommandDescription* command;
};

void AddPlaces(const CommandDescription& command, const std::string& path, std::vector<CommandPlace>& places) {
  places.push_back({.path = path, .command = &command});
  for (const CommandDescription& below : command.commands) {
    AddPlaces(below, path.empty() ? below.name : path + " " + below.name, places);
  }
}

std::vector<CommandPlace> PlacesOf(const CommandDescription& program) {
  std::vector<CommandPlace> places;
  AddPlaces(program, "", places);
  return places;
}

bool TakesPaths(const CommandDescription& command) {
  return std::ranges::any_of(command.arguments, &ParameterDescription::is_path);
}

// The values that are offered: the choices of an option, or the settings for --set.
std::vector<std::string> ValuesOf(const ParameterDescription& option, const std::vector<std::string>& settings) {
  if (option.value != kSettingValue || option.names.back() != "--set") {
    return option.choices;
  }
  std::vector<std::string> values;
  for (const std::string& setting : settings) {
    values.push_back(setting + "=");
  }
  return values;
}

// The names of the options that a command offers: its own, and those of the program.
std::vector<const ParameterDescription*> OfferedOptions(const CommandDescription& command,
                                                        const CommandDescription& program) {
  std::vector<const ParameterDescription*> options;
  std::ranges::transform(command.options, std::back_inserter(options), [](const auto& option) { return &option; });
  for (const ParameterDescription& option : program.options) {
    if (&command != &program && option.names.back() != "--version") {
      options.push_back(&option);
    }
  }
  return options;
}

std::string ShellQuoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return quoted + "'";
}

// The value of a variable of a shell.
std::string_view YesOrEmpty(bool yes) { return yes ? "yes" : "''"; }

std::string SpaceSeparated(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

// Patterns of a shell's "case" for an option of the command at `path`: 'search -n'|'search --limit'. An option of the
// program (an empty path) can be given after any command.
std::string Pattern(const std::string& path, const ParameterDescription& option) {
  std::string pattern;
  for (const std::string& name : option.names) {
    pattern += fmt::format("{}{}{}", pattern.empty() ? "" : "|", path.empty() ? "*" : "",
                           ShellQuoted(fmt::format("{} {}", path, name)));
  }
  return pattern;
}

// The part that bash and zsh share: finds which command the words before the cursor name. `words` is the shell's array
// of them, `first` the index of the one behind the program's name, `last` that of the cursor's.
std::string FindPath(const std::vector<CommandPlace>& places, std::string_view words, std::string_view first,
                     std::string_view last) {
  std::string patterns;
  for (const CommandPlace& place : places) {
    patterns += place.path.empty() ? "" : (patterns.empty() ? "" : "|") + ShellQuoted(place.path);
  }
  std::string text = fmt::format("  local at='' word i\n  for ((i = {}; i < {}; i++)); do\n", first, last);
  text += fmt::format("    word=\"${{at:+$at }}${{{}[i]}}\"\n", words);
  text += "    case \"$word\" in\n      " + patterns + ") at=$word ;;\n    esac\n  done\n";
  return text;
}

constexpr std::string_view kBashEnd = R"sh(  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
  elif [[ -n $commands ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
  elif [[ -n $query ]]; then
    _calotype_query
  elif [[ -n $files ]]; then
    _calotype_files
  fi
}
complete -F _calotype calotype
)sh";

constexpr std::string_view kBashBegin = R"sh(# Completion of calotype for bash: source <(calotype completion bash)
_calotype_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}
# Values of a list: the part after the last comma is completed.
_calotype_values() {
  local before=''
  [[ $cur == *,* ]] && before=${cur%,*},
  mapfile -t COMPREPLY < <(compgen -P "$before" -W "$1" -- "${cur##*,}")
}
# A word of a query, with the values of the library. bash makes three words of key:value, and completes the last.
_calotype_query() {
  local before='' one
  if [[ $cur == : ]]; then
    before=$prev:
    cur=''
  elif [[ $prev == : ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}:
  fi
  while IFS= read -r one; do
    one=${one#"$before"}
    [[ $one == *: ]] && compopt -o nospace 2>/dev/null
    COMPREPLY+=("$(printf %q "$one")")
  done < <("${COMP_WORDS[0]}" completion query -- "$before${cur//\\/}" 2>/dev/null)
}
_calotype() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} options='' commands='' files='' query=''
  COMPREPLY=()
  # bash makes three words of --option=value.
  if [[ $cur == = ]]; then
    cur=''
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
)sh";

constexpr std::string_view kZshBegin = R"sh(#compdef calotype
# Completion of calotype for zsh: source <(calotype completion zsh), or a file called _calotype in a folder of $fpath.
_calotype() {
  local cur=${words[CURRENT]} prev=${words[CURRENT-1]} files='' query=''
  local -a options commands
)sh";

constexpr std::string_view kZshEnd = R"sh(  if [[ $cur == -* ]]; then
    _describe -o option options
  elif (( ${#commands} )); then
    _describe command commands
  elif [[ -n $query ]]; then
    # The program has chosen what matches; words need no space behind a key.
    compadd -U -S '' -- ${(f)"$(${words[1]} completion query -- "${(Q)cur}" 2>/dev/null)"}
  elif [[ -n $files ]]; then
    _files
  fi
}
if [[ ${funcstack[1]} == _calotype ]]; then
  _calotype "$@"
else
  compdef _calotype calotype
fi
)sh";

constexpr std::string_view kFishBegin = R"sh(# Completion of calotype for fish: calotype completion fish | source
function __calotype_path
    set -l path
    set -l words (commandline -opc)
    for word in $words[2..-1]
        set -l longer (string trim -- "$path $word")
        if contains -- $longer $__calotype_commands
            set path $longer
        end
    end
    echo -- $path
end
function __calotype_at
    set -l path (__calotype_path)
    test "$path" = "$argv[1]"
end
complete -c calotype -f
)sh";

constexpr std::string_view kFishQuery = "(calotype completion query -- (commandline -ct) 2>/dev/null)";

// "name:help" as _describe of zsh takes it.
std::string ZshItem(std::string_view name, std::string_view help) {
  std::string text;
  for (const char c : name) {
    text += c == ':' ? "\\:" : std::string(1, c);
  }
  return ShellQuoted(text + ":" + std::string(help));
}

std::string FishQuoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return quoted + "'";
}

std::string FishOption(const ParameterDescription& option, const std::vector<std::string>& settings) {
  std::string text;
  for (const std::string& name : option.names) {
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (option.takes_value()) {
    const std::vector<std::string> values = ValuesOf(option, settings);
    text += option.is_path() ? " -r -F" : " -x";
    text += values.empty() ? "" : " -a " + FishQuoted(SpaceSeparated(values));
  }
  return text + " -d " + FishQuoted(option.help);
}

// What bash does for the value of an option.
std::string BashValue(const ParameterDescription& option, const std::vector<std::string>& settings) {
  const std::vector<std::string> values = ValuesOf(option, settings);
  if (option.is_path()) {
    return "_calotype_files; ";
  }
  if (values.empty()) {
    return "";
  }
  return fmt::format("{}_calotype_values {}; ", values.front().ends_with('=') ? "compopt -o nospace 2>/dev/null; " : "",
                     ShellQuoted(SpaceSeparated(values)));
}

std::string ZshValue(const ParameterDescription& option, const std::vector<std::string>& settings) {
  const std::vector<std::string> values = ValuesOf(option, settings);
  if (option.is_path()) {
    return "_files; ";
  }
  if (values.empty()) {
    return "";
  }
  if (values.front().ends_with('=')) {
    return fmt::format("compadd -S '' -- {}; ", SpaceSeparated(values));
  }
  return option.repeated ? fmt::format("_values -s , value {}; ", SpaceSeparated(values))
                         : fmt::format("compadd -- {}; ", SpaceSeparated(values));
}

// The body of a "case" that completes the values of all options.
std::string ValueCases(const std::vector<CommandPlace>& places, const std::vector<std::string>& settings,
                       std::string (*value)(const ParameterDescription&, const std::vector<std::string>&)) {
  std::string cases;
  for (const auto& [path, command] : places) {
    for (const ParameterDescription& option : command->options) {
      cases += option.takes_value()
                   ? fmt::format("    {}) {}return ;;\n", Pattern(path, option), value(option, settings))
                   : "";
    }
  }
  return cases;
}

}  // namespace

std::string BashCompletion(const CommandDescription& program, const std::vector<std::string>& settings) {
  const std::vector<CommandPlace> places = PlacesOf(program);
  std::string offers;
  for (const auto& [path, command] : places) {
    std::vector<std::string> names;
    for (const ParameterDescription* const option : OfferedOptions(*command, program)) {
      names.insert(names.end(), option->names.begin(), option->names.end());
    }
    std::vector<std::string> below;
    std::ranges::transform(command->commands, std::back_inserter(below), &CommandDescription::name);
    offers += fmt::format("    {}) options={} commands={} files={} query={} ;;\n", ShellQuoted(path),
                          ShellQuoted(SpaceSeparated(names)), ShellQuoted(SpaceSeparated(below)),
                          YesOrEmpty(TakesPaths(*command)), YesOrEmpty(command->takes_words));
  }
  return fmt::format("{}{}  case \"$at $prev\" in\n{}  esac\n  case $at in\n{}  esac\n{}", kBashBegin,
                     FindPath(places, "COMP_WORDS", "1", "COMP_CWORD"), ValueCases(places, settings, BashValue), offers,
                     kBashEnd);
}

std::string ZshCompletion(const CommandDescription& program, const std::vector<std::string>& settings) {
  const std::vector<CommandPlace> places = PlacesOf(program);
  std::string offers;
  for (const auto& [path, command] : places) {
    std::string names;
    for (const ParameterDescription* const option : OfferedOptions(*command, program)) {
      for (const std::string& name : option->names) {
        names += " " + ZshItem(name, option->help);
      }
    }
    std::string below;
    for (const CommandDescription& one : command->commands) {
      below += " " + ZshItem(one.name, one.help);
    }
    offers += fmt::format("    {}) options=({} ) commands=({} ) files={} query={} ;;\n", ShellQuoted(path), names,
                          below, YesOrEmpty(TakesPaths(*command)), YesOrEmpty(command->takes_words));
  }
  return fmt::format("{}{}  case \"$at $prev\" in\n{}  esac\n  case $at in\n{}  esac\n{}", kZshBegin,
                     FindPath(places, "words", "2", "CURRENT"), ValueCases(places, settings, ZshValue), offers,
                     kZshEnd);
}

std::string FishCompletion(const CommandDescription& program, const std::vector<std::string>& settings) {
  std::string known = "set -g __calotype_commands";
  std::string offers;
  for (const auto& [path, command] : PlacesOf(program)) {
    known += path.empty() ? "" : " " + FishQuoted(path);
    const std::string at = "complete -c calotype -n " + FishQuoted("__calotype_at " + FishQuoted(path));
    for (const CommandDescription& below : command->commands) {
      offers += fmt::format("{} -a {} -d {}\n", at, below.name, FishQuoted(below.help));
    }
    offers += TakesPaths(*command) ? at + " -F\n" : "";
    offers += command->takes_words ? at + " -a " + FishQuoted(kFishQuery) + "\n" : "";
    for (const ParameterDescription& option : command->options) {
      offers += (path.empty() ? "complete -c calotype" : at) + FishOption(option, settings) + "\n";
    }
  }
  return fmt::format("{}{}\n{}", kFishBegin, known, offers);
}

}  // namespace calotype
