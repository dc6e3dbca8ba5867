// calotype completion, calotype man
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "app/completions.h"
#include "app/library.h"
#include "app/settings.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/completions.h"
#include "cli/man_page.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

namespace fs = std::filesystem;

using MakeCompletion = std::string (*)(const CommandDescription& program, const std::vector<std::string>& settings);

void AddCompletion(CommandLine& completion, const CommandDescription& program, App& app, const std::string& shell,
                   const std::string& use, MakeCompletion make) {
  completion.AddCommand(shell, "Print the script for " + shell + ": " + use).SetAction([=, &program, &app] {
    std::vector<std::string> settings;
    std::ranges::transform(app.registry().fields(), std::back_inserter(settings), &ConfigField::key);
    Print(make(program, settings));
    return 0;
  });
}

constexpr std::size_t kCompletions = 50;

// The first characters of a text in UTF-8.
std::string_view FirstCharacters(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  while (end < text.size() && count > 0) {
    ++end;
    const bool is_whole = end == text.size() || (static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U;
    count -= is_whole ? 1 : 0;
  }
  return text.substr(0, end);
}

// For the scripts, so it prints no error: without a library there is nothing to complete with.
CommandResult CompleteWord(const App& app, const std::string& word) {
  Library library(app);
  const StatusOr<QueryCompletions> found = CompleteQuery(library, word, std::nullopt, kCompletions);
  if (!found.ok()) {
    return 0;
  }
  std::string text;
  for (const Completion& one : found->completions) {
    if (Printable(one.text) == one.text) {
      text += fmt::format("{}{}\n", FirstCharacters(word, found->start), one.text);
    }
  }
  Print(text);
  return 0;
}

struct ManArguments {
  std::string page;
  std::string out;
};

std::vector<ManPage> Pages(const CommandDescription& program) {
  // Values as they are without a file, an environment and options.
  Settings defaults;
  ConfigRegistry registry;
  defaults.Register(registry);
  return ManPages(program, CALOTYPE_VERSION, registry.fields());
}

// "calotype-search.1" goes to FOLDER/man1.
Status WritePage(const fs::path& folder, const ManPage& page) {
  const fs::path section = folder / fmt::format("man{}", page.name.back());
  std::error_code error;
  fs::create_directories(section, error);
  if (error) {
    return ErrnoStatus(error.value(), fmt::format("cannot create {}", section.string()));
  }
  const std::span bytes(reinterpret_cast<const uint8_t*>(page.text.data()), page.text.size());
  return WriteFileAtomically(section / page.name, bytes);
}

CommandResult ShowPage(const CommandDescription& program, const ManArguments& arguments) {
  const std::vector<ManPage> pages = Pages(program);
  if (!arguments.out.empty() && !arguments.page.empty()) {
    return UsageError("--out writes all pages; leave out the name of one page");
  }
  if (!arguments.out.empty()) {
    for (const ManPage& page : pages) {
      CALOTYPE_RETURN_IF_ERROR(WritePage(arguments.out, page));
    }
    Print(fmt::format("{} pages written below {}\n", pages.size(), Printable(arguments.out)));
    return 0;
  }
  const std::string name = arguments.page.empty() ? program.name + ".1" : arguments.page;
  const auto page = std::ranges::find(pages, name, &ManPage::name);
  if (page == pages.end()) {
    std::string known;
    for (const ManPage& one : pages) {
      known += (known.empty() ? "" : ", ") + one.name;
    }
    return absl::InvalidArgumentError(fmt::format("there is no page '{}'; there are: {}", name, known));
  }
  Print(page->text);
  return 0;
}

}  // namespace

void AddShellCommands(CommandLine& parser, App& app) {
  const CommandDescription& program = parser.description();
  CommandLine completion = parser.AddCommand("completion", "Print a script that completes commands in a shell");
  AddCompletion(completion, program, app, "bash", "source <(calotype completion bash)", BashCompletion);
  AddCompletion(completion, program, app, "zsh", "source <(calotype completion zsh)", ZshCompletion);
  AddCompletion(completion, program, app, "fish", "calotype completion fish | source", FishCompletion);
  CommandLine query = completion.AddCommand("query", "Print what a word of a query can become, for these scripts");
  const auto word = std::make_shared<std::string>();
  query.AddOptionalArgument("WORD", *word, "What was typed so far, such as person:A");
  query.SetAction([=, &app] { return CompleteWord(app, *word); });
  CommandLine man = parser.AddCommand("man", "Print a man page: calotype man calotype-search.1 | man -l -");
  const auto arguments = std::make_shared<ManArguments>();
  man.AddOptionalArgument("PAGE", arguments->page, "calotype.1 (the default), calotype-COMMAND.1 or calotype-config.5");
  man.AddOption("--out FOLDER", arguments->out, "Write all pages to man1 and man5 in this folder instead");
  man.SetAction([=, &program] { return ShowPage(program, *arguments); });
}

}  // namespace calotype
