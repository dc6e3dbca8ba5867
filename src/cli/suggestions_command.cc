// calotype people suggestions
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/api_json.h"
#include "app/client/library_client.h"
#include "app/findings_json.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

constexpr int kSuggestionsShown = 20;

struct SuggestionsArguments {
  bool json = false;
  int limit = kSuggestionsShown;
  const std::string& server;  // a URL; empty: the library of this machine
};

// What the command shows first, and the commands for yes and no.
std::string SuggestionText(const NamedSuggestion& suggestion) {
  const FaceId first = suggestion.shown.empty() ? 0 : suggestion.shown.front().face.id;
  std::string faces;
  for (const PersonFace& face : suggestion.shown) {
    faces += fmt::format(" {}", face.face.id);
  }
  const std::string who = suggestion.person.has_value()
                              ? fmt::format("person {} ({})", *suggestion.person, Counted(suggestion.faces, "face"))
                              : fmt::format("face {}", first);
  const std::string path = suggestion.shown.empty() ? "" : suggestion.shown.front().path;
  const PersonId named = suggestion.suggested.id;
  const std::string yes = suggestion.person.has_value() ? fmt::format("merge {} {}", named, *suggestion.person)
                                                        : fmt::format("assign {} {}", named, first);
  return fmt::format("{} may be {}  {:.2f}  {}\n", who, DescribePerson(suggestion.suggested), suggestion.likeness,
                     Dim(Printable(path))) +
         fmt::format("    yes: calotype people {}    no: calotype people not {}{}\n", yes, named, faces);
}

CommandResult PrintSuggestions(App& app, const SuggestionsArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<LibraryClient> library, OpenLibraryClient(app, arguments.server));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<NamedSuggestion> suggestions, library->Suggestions(arguments.limit));
  std::string text;
  for (const NamedSuggestion& suggestion : suggestions) {
    text += arguments.json ? JsonLine(ToApiJson(suggestion)) : SuggestionText(suggestion);
  }
  Print(text.empty() && !arguments.json ? "no suggestions: name more people, or scan more photos\n" : text);
  return 0;
}

}  // namespace

void AddSuggestionsCommand(CommandLine& people, App& app) {
  CommandLine command =
      people.AddCommand("suggestions", "List people without a name who may be somebody with a name, most alike first");
  const auto arguments = std::make_shared<SuggestionsArguments>(SuggestionsArguments{.server = command.AddServer()});
  command.AddFlag("--json", arguments->json, "One JSON line for each suggestion");
  command.AddCount("-n,--limit", arguments->limit, "Maximum number of suggestions");
  command.SetAction([=, &app] { return PrintSuggestions(app, *arguments); });
}

}  // namespace calotype
