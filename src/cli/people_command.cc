// calotype people
#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/client/library_client.h"
#include "app/contact_sheet.h"
#include "app/findings_json.h"
#include "app/people.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/person_number.h"
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
  std::string sheet;                // a file
  const std::string& server;        // a URL; empty: the library of this machine
};

StatusOr<std::vector<int64_t>> Numbers(const std::vector<std::string>& texts, std::string_view what) {
  std::vector<int64_t> numbers;
  for (const std::string& text : texts) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
      return absl::InvalidArgumentError(fmt::format("'{}' is not the number of a {}", text, what));
    }
    numbers.push_back(number);
  }
  return numbers;
}

Json ToJson(const PeopleAnswer& answer) {
  Json json = {{"faces", answer.faces}, {"people", Json::array()}};
  for (const PersonRecord& person : answer.people) {
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
    return "no people yet\n";
  }
  std::string text;
  for (const PersonRecord& person : people) {
    text += fmt::format("{:>5}  {:<24}{:>12}  {}\n", person.id,
                        person.name.empty() ? "(no name yet)" : Printable(person.name), Counted(person.photos, "photo"),
                        Dim(Printable(person.cover_path)));
  }
  return text + Dim("\ngive one a name: calotype people name ID \"Name\"\n");
}

CommandResult PrintPeople(App& app, const PeopleArguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<LibraryClient> library, OpenLibraryClient(app, arguments.server));
  CALOTYPE_ASSIGN_OR_RETURN(const PeopleAnswer answer,
                            library->People({.hidden = arguments.hidden, .count_faces = arguments.json}));
  Print(arguments.json ? JsonLine(ToJson(answer)) : ToText(answer.people));
  return 0;
}

std::string_view Decision(const FaceRecord& face) {
  return face.from_region ? "  named in the photo" : face.decided ? "  set by you" : "";
}

// `announce`: prints the file's name.
CommandResult WriteSheet(const App& app, PersonId person, const std::string& file, bool announce) {
  Library library(app);
  CALOTYPE_ASSIGN_OR_RETURN(const ContactSheet sheet,
                            WriteContactSheet(library, person, file, [](const std::string& why) { PrintError(why); }));
  if (sheet.cells < sheet.faces) {
    PrintError(fmt::format("{} has the first {} of {} faces, which is the most that a sheet can have", file,
                           sheet.cells, sheet.faces));
  }
  if (sheet.unreadable > 0) {
    PrintError(fmt::format("{} without a picture: their photos cannot be read",
                           Counted(static_cast<int64_t>(sheet.unreadable), "face")));
  }
  if (announce) {
    Print(fmt::format("wrote {}\n", Printable(file)));
  }
  return 0;
}

CommandResult PrintFaces(App& app, const PeopleArguments& arguments) {
  if (!arguments.sheet.empty() && !arguments.server.empty()) {
    return UsageError("--sheet reads the photos, so it works without --server only");
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<LibraryClient> library, OpenLibraryClient(app, arguments.server));
  CALOTYPE_ASSIGN_OR_RETURN(const KnownPerson person, PersonOfNumber(*library, arguments.person, PersonUse::kShow));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PersonFace> faces, library->Faces(person.id));
  std::string text;
  for (const auto& [face, path] : faces) {
    text += arguments.json ? JsonLine({{"face", face.id},
                                       {"path", path},
                                       {"score", face.score},
                                       {"box", {face.box.x, face.box.y, face.box.width, face.box.height}},
                                       {"decided", face.decided}})
                           : fmt::format("face {:<8}{:.2f}  {:.0f}x{:.0f}{}  {}\n", face.id, face.score, face.box.width,
                                         face.box.height, Decision(face), Printable(path));
  }
  Print(text);
  return arguments.sheet.empty() ? CommandResult(0) : WriteSheet(app, person.id, arguments.sheet, !arguments.json);
}

// Makes one change of the person whom the command names.
CommandResult Change(App& app, const PeopleArguments& arguments,
                     const std::function<Status(LibraryClient& library, PersonId person)>& change) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<LibraryClient> library, OpenLibraryClient(app, arguments.server));
  CALOTYPE_ASSIGN_OR_RETURN(const KnownPerson person, PersonOfNumber(*library, arguments.person, PersonUse::kChange));
  CALOTYPE_RETURN_IF_ERROR(change(*library, person.id));
  return 0;
}

CommandResult Name(App& app, const PeopleArguments& arguments) {
  return Change(app, arguments, [&](LibraryClient& library, PersonId person) -> Status {
    CALOTYPE_RETURN_IF_ERROR(library.ChangePerson(person, {.name = arguments.name}));
    return OfferMerge(library, person, arguments.name);
  });
}

CommandResult Merge(App& app, const PeopleArguments& arguments) {
  const StatusOr<std::vector<PersonId>> numbers = Numbers(arguments.others, "person");
  if (!numbers.ok()) {
    return UsageError(numbers.status());
  }
  return Change(app, arguments, [&](LibraryClient& library, PersonId person) -> Status {
    std::vector<PersonId> others;
    for (const PersonId number : *numbers) {
      CALOTYPE_ASSIGN_OR_RETURN(const KnownPerson other, PersonOfNumber(library, number, PersonUse::kChange));
      others.push_back(other.id);
    }
    CALOTYPE_RETURN_IF_ERROR(library.Merge(person, others));
    Print(MergedText(person));
    return absl::OkStatus();
  });
}

CommandResult Split(App& app, const PeopleArguments& arguments) {
  const StatusOr<std::vector<FaceId>> faces = Numbers(arguments.faces, "face");
  if (!faces.ok()) {
    return UsageError(faces.status());
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::unique_ptr<LibraryClient> library, OpenLibraryClient(app, arguments.server));
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId person, library->Split(*faces));
  Print(fmt::format("these faces now belong to person {}\n", person));
  return 0;
}

CommandResult DecideFaces(App& app, const PeopleArguments& arguments, bool are_theirs) {
  const StatusOr<std::vector<FaceId>> faces = Numbers(arguments.faces, "face");
  if (!faces.ok()) {
    return UsageError(faces.status());
  }
  return Change(app, arguments, [&](LibraryClient& library, PersonId person) -> Status {
    if (are_theirs) {
      return library.Confirm(person, *faces);
    }
    CALOTYPE_RETURN_IF_ERROR(library.Reject(person, *faces));
    Print(fmt::format(
        "these faces are never assigned to person {} again; the next scan looks for other people for them\n", person));
    return absl::OkStatus();
  });
}

}  // namespace

void AddPeopleCommand(CommandLine& parser, App& app) {
  CommandLine people = parser.AddCommand("people", "List, name and correct the people in the photos");
  const std::string& server = people.AddServer();
  const auto arguments = std::make_shared<PeopleArguments>(PeopleArguments{.server = server});
  const auto add = [&people, &arguments](const std::string& name, const std::string& help) {
    CommandLine command = people.AddCommand(name, help);
    command.AddServer();
    command.AddArgument("ID", arguments->person, "The number of the person, from people list");
    return command;
  };
  CommandLine list = people.AddCommand("list", "List people, most photos first");
  list.AddServer();
  list.AddFlag("--json", arguments->json, "As JSON");
  list.AddFlag("--hidden", arguments->hidden, "Include hidden people");
  list.SetAction([=, &app] { return PrintPeople(app, *arguments); });
  CommandLine show = add("show", "List the faces of a person with their numbers");
  show.AddFlag("--json", arguments->json, "One JSON line for each face");
  show.AddOption("--sheet JPEG", arguments->sheet,
                 "Write all faces, each with its number and photo, to this JPEG file");
  show.SetAction([=, &app] { return PrintFaces(app, *arguments); });
  CommandLine name = add("name", "Name a person");
  name.AddArgument("NAME", arguments->name, "The name");
  name.SetAction([=, &app] { return Name(app, *arguments); });
  CommandLine merge = add("merge", "Merge other people into this person");
  merge.AddArguments("OTHER", arguments->others, "Numbers of people");
  merge.SetAction([=, &app] { return Merge(app, *arguments); });
  CommandLine split = people.AddCommand("split", "Move faces to a new person");
  split.AddServer();
  split.AddArguments("FACE", arguments->faces, "Numbers of faces, from people show");
  split.SetAction([=, &app] { return Split(app, *arguments); });
  CommandLine assign = add("assign", "Assign faces to this person");
  assign.AddArguments("FACE", arguments->faces, "Numbers of faces");
  assign.SetAction([=, &app] { return DecideFaces(app, *arguments, true); });
  CommandLine deny = add("not", "Record that faces are not this person");
  deny.AddArguments("FACE", arguments->faces, "Numbers of faces");
  deny.SetAction([=, &app] { return DecideFaces(app, *arguments, false); });
  CommandLine cover = add("cover", "Choose the face that represents a person");
  const auto face = std::make_shared<FaceId>();
  cover.AddArgument("FACE", *face, "The number of the face, from people show");
  cover.SetAction([=, &app] {
    return Change(app, *arguments, [&](LibraryClient& library, PersonId person) {
      return library.ChangePerson(person, {.cover = *face});
    });
  });
  AddDecisionCommands(people, app);
  AddForgetCommand(people, app);
  AddSuggestionsCommand(people, app);
  for (const bool hide : {true, false}) {
    add(hide ? "hide" : "unhide", hide ? "Hide a person from lists" : "Show a hidden person again")
        .SetAction([=, &app] {
          return Change(app, *arguments, [&](LibraryClient& library, PersonId person) {
            return library.ChangePerson(person, {.hidden = hide});
          });
        });
  }
}

}  // namespace calotype
