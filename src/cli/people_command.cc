// calotype people
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/findings_json.h"
#include "app/open_catalog.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

struct PeopleArguments {
  bool json = false;
  bool hidden = false;
  PersonId person = 0;
  std::string name;
  std::vector<std::string> others;  // ids of people
  std::vector<std::string> faces;   // ids
};

StatusOr<std::vector<int64_t>> Numbers(const std::vector<std::string>& texts, std::string_view what) {
  std::vector<int64_t> numbers;
  for (const std::string& text : texts) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
      return absl::InvalidArgumentError(fmt::format("'{}' is no {}; the number of one is needed", text, what));
    }
    numbers.push_back(number);
  }
  return numbers;
}

Json ToJson(const std::vector<PersonRecord>& people, int64_t faces) {
  Json json = {{"faces", faces}, {"people", Json::array()}};
  for (const PersonRecord& person : people) {
    json["people"].push_back({{"id", person.id},
                              {"name", person.name},
                              {"hidden", person.hidden},
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

CommandResult ListPeople(App& app, const PeopleArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, false));
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<PersonRecord> people, catalog->People());
  if (!arguments.hidden) {
    std::erase_if(people, &PersonRecord::hidden);
  }
  if (arguments.json) {
    CALOTYPE_ASSIGN_OR_RETURN(const int64_t faces, catalog->CountFaces());
    Print(JsonLine(ToJson(people, faces)));
  } else {
    Print(ToText(people));
  }
  return 0;
}

CommandResult ShowPerson(App& app, const PeopleArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, false));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<FaceRecord> faces, catalog->FacesOf(arguments.person));
  std::vector<PhotoId> photos;
  std::ranges::transform(faces, std::back_inserter(photos), &FaceRecord::photo);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> paths, catalog->PathsOf(photos));
  std::string text;
  for (std::size_t i = 0; i < faces.size(); ++i) {
    const FaceRecord& face = faces[i];
    text += arguments.json ? JsonLine({{"face", face.id},
                                       {"path", paths[i]},
                                       {"score", face.score},
                                       {"box", {face.box.x, face.box.y, face.box.width, face.box.height}},
                                       {"decided", face.decided}})
                           : fmt::format("face {:<8}{:.2f}  {:.0f}x{:.0f}{}  {}\n", face.id, face.score, face.box.width,
                                         face.box.height, face.decided ? "  said by you" : "", Printable(paths[i]));
  }
  Print(text);
  return 0;
}

// `change` on the catalogue, then `done` is printed.
CommandResult Change(App& app, const std::function<Status(Catalog& catalog)>& change, std::string_view done) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, false));
  CALOTYPE_RETURN_IF_ERROR(change(*catalog));
  Print(done);
  return 0;
}

CommandResult MergePeople(App& app, const PeopleArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PersonId> others, Numbers(arguments.others, "person"));
  return Change(
      app, [&](Catalog& catalog) { return catalog.MergePeople(arguments.person, others); },
      fmt::format("person {} has their faces now; the other numbers go on meaning this one\n", arguments.person));
}

CommandResult SplitPerson(App& app, const PeopleArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<FaceId> faces, Numbers(arguments.faces, "face"));
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, false));
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId person, catalog->SplitPerson(faces));
  Print(fmt::format("these are person {} now\n", person));
  return 0;
}

CommandResult DecideFaces(App& app, const PeopleArguments& arguments, bool are_theirs) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<FaceId> faces, Numbers(arguments.faces, "face"));
  return Change(
      app,
      [&](Catalog& catalog) {
        return are_theirs ? catalog.DecideFaces(arguments.person, faces)
                          : catalog.SetNotPerson(arguments.person, faces);
      },
      are_theirs ? "" : "they will not be given to this person again; the next scan sorts them anew\n");
}

}  // namespace

void AddPeopleCommand(CommandLine& parser, App& app) {
  CommandLine people = parser.AddCommand("people", "Faces, sorted by person");
  const auto arguments = std::make_shared<PeopleArguments>();
  const auto add = [&people, &arguments](const std::string& name, const std::string& help) {
    CommandLine command = people.AddCommand(name, help);
    command.AddArgument("ID", arguments->person, "As people list shows it");
    return command;
  };
  CommandLine list = people.AddCommand("list", "Everybody, most photos first");
  list.AddFlag("--json", arguments->json, "As JSON");
  list.AddFlag("--hidden", arguments->hidden, "Those too who are hidden");
  list.SetAction([=, &app] { return ListPeople(app, *arguments); });
  CommandLine show = add("show", "The faces of a person, with their numbers");
  show.AddFlag("--json", arguments->json, "One JSON line a face");
  show.SetAction([=, &app] { return ShowPerson(app, *arguments); });
  CommandLine name = add("name", "Give a person a name");
  name.AddArgument("NAME", arguments->name, "The name");
  name.SetAction([=, &app] {
    return Change(
        app,
        [&](Catalog& catalog) -> Status {
          CALOTYPE_ASSIGN_OR_RETURN(const PersonId person, catalog.ResolvePerson(arguments->person));
          return catalog.NamePerson(person, arguments->name);
        },
        "");
  });
  CommandLine merge = add("merge", "Others are the same person as this one");
  merge.AddArguments("OTHER", arguments->others, "Numbers of people");
  merge.SetAction([=, &app] { return MergePeople(app, *arguments); });
  CommandLine split = people.AddCommand("split", "These faces are one other person, whoever had them");
  split.AddArguments("FACE", arguments->faces, "Numbers of faces, as people show has them");
  split.SetAction([=, &app] { return SplitPerson(app, *arguments); });
  CommandLine assign = add("assign", "These faces are this person");
  assign.AddArguments("FACE", arguments->faces, "Numbers of faces");
  assign.SetAction([=, &app] { return DecideFaces(app, *arguments, true); });
  CommandLine deny = add("not", "These faces are not this person");
  deny.AddArguments("FACE", arguments->faces, "Numbers of faces");
  deny.SetAction([=, &app] { return DecideFaces(app, *arguments, false); });
  CommandLine cover = add("cover", "Let a face stand for the person");
  cover.AddArguments("FACE", arguments->faces, "The number of the face");
  cover.SetAction([=, &app]() -> CommandResult {
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<FaceId> faces, Numbers(arguments->faces, "face"));
    return Change(app, [&](Catalog& catalog) { return catalog.SetCover(arguments->person, faces[0]); }, "");
  });
  for (const bool hide : {true, false}) {
    add(hide ? "hide" : "unhide", hide ? "Leave a person out of lists" : "Show a person again").SetAction([=, &app] {
      return Change(app, [&](Catalog& catalog) { return catalog.HidePerson(arguments->person, hide); }, "");
    });
  }
}

}  // namespace calotype
