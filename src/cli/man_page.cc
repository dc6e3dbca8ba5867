#include "cli/man_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <type_traits>
#include <variant>

namespace calotype {
namespace {

// Text that roff shows as it is.
std::string Roff(std::string_view text) {
  std::string escaped = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (const char c : text) {
    escaped += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
  }
  return escaped;
}

std::string UpperCase(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string PageHead(const std::string& name, int section, const std::string& version, const std::string& help) {
  return fmt::format(".TH {} {} \"\" \"Calotype {}\" \"Calotype Manual\"\n.SH NAME\n{} \\- {}\n", UpperCase(Roff(name)),
                     section, version, Roff(name), Roff(help));
}

// "\fB\-n\fR, \fB\-\-limit\fR \fINUMBER\fR".
std::string ParameterTerm(const ParameterDescription& parameter) {
  std::string term;
  for (const std::string& name : parameter.names) {
    term += (term.empty() ? "" : ", ") + fmt::format("\\fB{}\\fR", Roff(name));
  }
  if (parameter.takes_value()) {
    term += fmt::format("{}\\fI{}\\fR", term.empty() ? "" : " ", Roff(parameter.value));
  }
  return term;
}

std::string ParameterList(const std::vector<ParameterDescription>& parameters) {
  std::string text;
  for (const ParameterDescription& parameter : parameters) {
    text += fmt::format(".TP\n{}\n{}{}\n", ParameterTerm(parameter), Roff(parameter.help),
                        parameter.fallback.empty() ? "" : Roff(fmt::format(" (default: {})", parameter.fallback)));
  }
  return text;
}

std::string Synopsis(const CommandDescription& command, const std::string& path) {
  std::string text;
  if (command.commands.empty() || !command.arguments.empty()) {
    text += fmt::format("\\fB{}\\fR{}\n", Roff(path), Roff(Usage(command, path).substr(path.size())));
  }
  for (const CommandDescription& below : command.commands) {
    text += (text.empty() ? "" : ".br\n") + Synopsis(below, path + " " + below.name);
  }
  return text;
}

// A section for each command below `command`.
std::string Below(const CommandDescription& command, const std::string& path) {
  std::string text;
  for (const CommandDescription& below : command.commands) {
    const std::string name = path + " " + below.name;
    text += fmt::format(".SS {}\n{}\n{}{}", Roff(name), Roff(below.help), ParameterList(below.arguments),
                        ParameterList(below.options));
    text += Below(below, name);
  }
  return text;
}

std::string PageReference(std::string_view page, int section) {
  return fmt::format("\\fB{}\\fR({})", Roff(page), section);
}

constexpr std::string_view kExitStatus = R"(.SH EXIT STATUS
.TP
0
Success.
.TP
1
Something failed; standard error says what.
.TP
2
The command line was not understood.
.TP
130
Interrupted (Ctrl\-C).
)";

// Where things are, for calotype.1.
constexpr std::string_view kFilesSection = R"(.SH ENVIRONMENT
.TP
\fBCALOTYPE_HOME\fR
The folder of the configuration and the catalogue, instead of the XDG folders.
.TP
\fBCALOTYPE_*\fR
A setting each: CALOTYPE_SCAN_WORKERS is scan.workers.
.TP
\fBNO_COLOR\fR
Print without colours.
.SH FILES
.TP
\fI~/.config/calotype/config.toml\fR
Settings.
.TP
\fI~/.local/share/calotype/\fR
The catalogue.
.TP
\fI~/.cache/calotype/\fR
Models, runtimes and measurements: all of it can be fetched or made again.
)";

ManPage ProgramPage(const CommandDescription& program, const std::string& version) {
  std::string text = PageHead(program.name, 1, version, program.help);
  text += fmt::format(".SH SYNOPSIS\n\\fB{}\\fR [OPTIONS] COMMAND\n.SH COMMANDS\n", Roff(program.name));
  for (const CommandDescription& command : program.commands) {
    text += fmt::format(".TP\n{}\n{}\n", PageReference(program.name + "-" + command.name, 1), Roff(command.help));
  }
  text += ".SH OPTIONS\n" + ParameterList(program.options) + std::string(kExitStatus) + std::string(kFilesSection);
  text += fmt::format(".SH SEE ALSO\n{}\n", PageReference(program.name + "-config", 5));
  return {.name = program.name + ".1", .text = text};
}

ManPage CommandPage(const CommandDescription& program, const CommandDescription& command, const std::string& version) {
  const std::string name = program.name + "-" + command.name;
  const std::string path = program.name + " " + command.name;
  std::string text = PageHead(name, 1, version, command.help) + ".SH SYNOPSIS\n" + Synopsis(command, path);
  text += command.arguments.empty() ? "" : ".SH ARGUMENTS\n" + ParameterList(command.arguments);
  text += command.options.empty() ? "" : ".SH OPTIONS\n" + ParameterList(command.options);
  text += command.commands.empty() ? "" : ".SH COMMANDS\n" + Below(command, path);
  text +=
      fmt::format(".SH SEE ALSO\n{}, {}\n", PageReference(program.name, 1), PageReference(program.name + "-config", 5));
  return {.name = name + ".1", .text = text};
}

std::string KindOf(const ConfigField& field) {
  return std::visit(
      [&](auto* target) -> std::string {
        using Value = std::remove_pointer_t<decltype(target)>;
        if constexpr (std::is_same_v<Value, bool>) {
          return "true or false";
        } else if constexpr (std::is_same_v<Value, int64_t>) {
          return fmt::format("a whole number from {} to {}", field.minimum, field.maximum);
        } else if constexpr (std::is_same_v<Value, std::string>) {
          return "text";
        } else {
          return "a list of texts";
        }
      },
      field.target);
}

ManPage SettingsPage(const CommandDescription& program, const std::string& version,
                     const std::vector<ConfigField>& defaults) {
  const std::string name = program.name + "-config";
  std::string text = PageHead(name, 5, version, "settings of Calotype");
  text += R"(.SH DESCRIPTION
Settings are read from \fI~/.config/calotype/config.toml\fR, then from the environment, then from the command line
(\fB\-\-set\fR \fIKEY=VALUE\fR); the last one counts.
In the file the key scan.workers is \fBworkers\fR in the table \fB[scan]\fR.
In the environment it is \fBCALOTYPE_SCAN_WORKERS\fR.
A list is an array in the file, and words with commas between them elsewhere.
\fBcalotype config\fR shows the values that are in use.
.SH SETTINGS
)";
  for (const ConfigField& field : defaults) {
    text += fmt::format(".TP\n\\fB{}\\fR\n{} ({}; default: {}; {})\n", Roff(field.key), Roff(field.help),
                        Roff(KindOf(field)), Roff(field.Value()), Roff(field.EnvironmentName()));
  }
  text += fmt::format(".SH SEE ALSO\n{}\n", PageReference(program.name, 1));
  return {.name = name + ".5", .text = text};
}

}  // namespace

std::vector<ManPage> ManPages(const CommandDescription& program, const std::string& version,
                              const std::vector<ConfigField>& defaults) {
  std::vector<ManPage> pages = {ProgramPage(program, version)};
  for (const CommandDescription& command : program.commands) {
    pages.push_back(CommandPage(program, command, version));
  }
  pages.push_back(SettingsPage(program, version, defaults));
  return pages;
}

}  // namespace calotype
