// calotype people
#include <fmt/format.h>

#include <memory>

#include "cli/command.h"
#include "cli/findings_json.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

struct PeopleArguments {
  bool json = false;
  PersonId person = 0;
  std::string name;
};

Json ToJson(const std::vector<PersonRecord>& people, std::size_t faces) {
  Json json = {{"faces", faces}, {"people", Json::array()}};
  for (const PersonRecord& person : people) {
    json["people"].push_back({{"id", person.id},
                              {"name", person.name},
                              {"faces", person.faces},
                              {"photos", person.photos},
                              {"cover", person.cover_path}});
  }
  return json;
}

std::string ToText(const std::vector<PersonRecord>& people) {
  if (people.empty()) {
    return "nobody is known yet\n";
  }
  std::string text;
  for (const PersonRecord& person : people) {
    text += fmt::format("{:>5}  {:<24}{:>5} photos  {}\n", person.id,
                        person.name.empty() ? "(no name yet)" : Printable(person.name), person.photos,
                        Dim(Printable(person.cover_path)));
  }
  return text + Dim("\ngive one a name: calotype people name ID \"Name\"\n");
}

CommandResult ListPeople(App& app, bool as_json) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, app.OpenCatalog(false));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PersonRecord> people, catalog->People());
  if (as_json) {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<FaceRecord> faces, catalog->Faces());
    Print(JsonLine(ToJson(people, faces.size())));
  } else {
    Print(ToText(people));
  }
  return 0;
}

CommandResult NamePerson(App& app, const PeopleArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, app.OpenCatalog(false));
  CALOTYPE_RETURN_IF_ERROR(catalog->NamePerson(arguments.person, arguments.name));
  return 0;
}

}  // namespace

void AddPeopleCommand(CommandLine& parser, App& app) {
  CommandLine command = parser.AddCommand("people", "Faces, sorted by person");
  const auto arguments = std::make_shared<PeopleArguments>();
  CommandLine list = command.AddCommand("list", "Everybody, most photos first");
  list.AddFlag("--json", arguments->json, "As JSON");
  list.SetAction([=, &app] { return ListPeople(app, arguments->json); });
  CommandLine name = command.AddCommand("name", "Give a person a name");
  name.AddArgument("ID", arguments->person, "As people list shows it");
  name.AddArgument("NAME", arguments->name, "The name");
  name.SetAction([=, &app] { return NamePerson(app, *arguments); });
}

}  // namespace calotype
