// calotype people forget
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "app/client/library_client.h"
#include "app/findings_json.h"
#include "app/forget_person.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/person_number.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

constexpr std::string_view kKeptFiles =
    "These files may still name this person or hold the vectors; they were not changed. Scans ignore the names that "
    "they give to these faces:\n";

struct ForgetArguments {
  PersonId person = 0;
  bool yes = false;
  bool json = false;
  const std::string& server;  // a URL; empty: the library of this machine
};

std::string Lines(std::string_view kind, const std::vector<std::string>& files) {
  std::string text;
  for (const std::string& file : files) {
    text += fmt::format("{:<9}{}\n", kind, Printable(file));
  }
  return text;
}

std::string ToText(PersonId person, const ForgottenPerson& forgotten) {
  const std::string files = Lines("sidecar", forgotten.sidecars) + Lines("photo", forgotten.named_photos) +
                            Lines("backup", forgotten.backups);
  return fmt::format("forgot person {}: {} in {}; scans will not recognise these faces again\n", person,
                     Counted(forgotten.faces, "face"), Counted(forgotten.photos, "photo")) +
         (files.empty() ? "" : std::string(kKeptFiles) + files);
}

nlohmann::ordered_json ToJson(PersonId person, const ForgottenPerson& forgotten) {
  return {{"person", person},
          {"faces", forgotten.faces},
          {"photos", forgotten.photos},
          {"sidecars", forgotten.sidecars},
          {"named_photos", forgotten.named_photos},
          {"backups", forgotten.backups}};
}

// Without the person, what is left to do of an earlier call.
CommandResult FinishErasing(LibraryClient& library, PersonId person) {
  CALOTYPE_ASSIGN_OR_RETURN(const ForgottenPerson finished, library.Forget(person));
  CALOTYPE_RETURN_IF_ERROR(finished.erased);
  Print("the bytes of forgotten people are now erased from the catalogue's files\n");
  return 0;
}

CommandResult ForgetOne(App& app, const ForgetArguments& arguments) {
  if (!arguments.yes && !CanAsk()) {
    return UsageError("people forget deletes a person for good; add --yes");
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<LibraryClient> library, OpenLibraryClient(app, arguments.server));
  const StatusOr<KnownPerson> person = PersonOfNumber(*library, arguments.person, PersonUse::kChange);
  if (absl::IsNotFound(person.status())) {
    return FinishErasing(*library, arguments.person);
  }
  CALOTYPE_RETURN_IF_ERROR(person.status());
  if (!arguments.yes &&
      !AskYesOrNo(fmt::format("Forget {}? The name and the vectors of their faces are deleted for good.",
                              DescribePerson(*person)))) {
    return absl::FailedPreconditionError("nothing was changed");
  }
  CALOTYPE_ASSIGN_OR_RETURN(const ForgottenPerson forgotten, library->Forget(person->id));
  Print(arguments.json ? JsonLine(ToJson(person->id, forgotten)) : ToText(person->id, forgotten));
  if (!forgotten.erased.ok()) {
    return Annotate(forgotten.erased, fmt::format("the person is forgotten, but their bytes are not erased yet; run "
                                                  "calotype people forget {} --yes again",
                                                  person->id));
  }
  return 0;
}

}  // namespace

void AddForgetCommand(CommandLine& people, App& app) {
  CommandLine command = people.AddCommand("forget", "Delete a person's name and face vectors for good");
  const auto arguments = std::make_shared<ForgetArguments>(ForgetArguments{.server = command.AddServer()});
  command.AddArgument("ID", arguments->person, "The number of the person, from people list");
  command.AddFlag("--yes", arguments->yes, "Do not ask");
  command.AddFlag("--json", arguments->json, "As JSON");
  command.SetAction([=, &app] { return ForgetOne(app, *arguments); });
}

}  // namespace calotype
