// /people
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "app/api_json.h"
#include "app/forget_person.h"
#include "app/people.h"
#include "app/people_suggestions.h"
#include "server/routes/empty_library.h"
#include "server/routes/routes.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

Field PersonField() { return IdField("person", "the number of a person"); }

StatusOr<HttpResponse> People(Library& library, const Arguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(
      const PeopleAnswer answer,
      OrEmpty(library, ListPeople(library, {.hidden = arguments.Flag("hidden"), .count_faces = true})));
  Json json = {{"faces", answer.faces}, {"people", Json::array()}};
  for (const PersonRecord& person : answer.people) {
    json["people"].push_back(ToApiJson(person));
  }
  return JsonResponse(json);
}

StatusOr<HttpResponse> Faces(Library& library, PersonId person) {
  CALOTYPE_ASSIGN_OR_RETURN(const KnownPerson known, FindPerson(library, person));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PersonFace> faces, ListFaces(library, known.id));
  Json json = {{"person", known.id}, {"faces", Json::array()}};
  for (const PersonFace& face : faces) {
    json["faces"].push_back(ToApiJson(face));
  }
  return JsonResponse(json);
}

StatusOr<HttpResponse> DecisionResponse(const StatusOr<Decided>& decision) {
  CALOTYPE_RETURN_IF_ERROR(decision.status());
  return JsonResponse(ToApiJson(*decision));
}

// The person whom a decision changes. The number of somebody who was merged is refused.
StatusOr<PersonId> ChangedPerson(Library& library, const Arguments& arguments) {
  return PersonToChange(library, arguments.Integer("person"));
}

// kFailedPrecondition when somebody else has the name: often they are one person, and the two should be merged.
Status CheckName(Library& library, PersonId person, const std::string& name) {
  CALOTYPE_ASSIGN_OR_RETURN(const Namesakes others, FindNamesakes(library, person, name));
  if (others.people.empty()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(fmt::format(
      "{}; nothing was changed. If they are the same person, merge them; else send same_name, too", others.text));
}

StatusOr<HttpResponse> ChangePerson(Library& library, const Arguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId person, ChangedPerson(library, arguments));
  PersonChange change;
  if (arguments.Has("name")) {
    change.name = arguments.Text("name");
    if (!arguments.Flag("same_name")) {
      CALOTYPE_RETURN_IF_ERROR(CheckName(library, person, *change.name));
    }
  }
  if (arguments.Has("hidden")) {
    change.hidden = arguments.Flag("hidden");
  }
  if (arguments.Has("cover_face")) {
    change.cover = arguments.Integer("cover_face");
  }
  return DecisionResponse(calotype::ChangePerson(library, person, change));
}

StatusOr<HttpResponse> Merge(Library& library, const Arguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId person, ChangedPerson(library, arguments));
  std::vector<PersonId> others;
  for (const PersonId number : arguments.Integers("people")) {
    CALOTYPE_ASSIGN_OR_RETURN(others.emplace_back(), PersonToChange(library, number));
  }
  return DecisionResponse(MergePeople(library, person, others));
}

// Records with `decide` that faces are the person, or are not.
StatusOr<HttpResponse> DecideFaces(Library& library, const Arguments& arguments,
                                   StatusOr<Decided> (*decide)(Library&, PersonId, std::span<const FaceId>)) {
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId person, ChangedPerson(library, arguments));
  return DecisionResponse(decide(library, person, arguments.Integers("faces")));
}

// Cannot be undone. If the bytes could not be erased, the same request tries that again.
StatusOr<HttpResponse> Forget(Library& library, const Arguments& arguments) {
  const PersonId number = arguments.Integer("person");
  if (const StatusOr<PersonId> person = PersonToChange(library, number); !absl::IsNotFound(person.status())) {
    CALOTYPE_RETURN_IF_ERROR(person.status());
  }
  CALOTYPE_ASSIGN_OR_RETURN(const ForgottenPerson forgotten, ForgetPerson(library, number));
  Json json = {{"person", number}};
  json.update(ToApiJson(forgotten));
  return JsonResponse(json);
}

constexpr int kMaxSuggestions = 200;
constexpr int kDefaultSuggestions = 50;

StatusOr<HttpResponse> Suggestions(Library& library, const Arguments& arguments) {
  const auto limit = static_cast<int>(arguments.Integer("limit", kDefaultSuggestions));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<NamedSuggestion> suggestions,
                            OrEmpty(library, ListSuggestions(library, limit)));
  Json json = {{"suggestions", Json::array()}};
  for (const NamedSuggestion& suggestion : suggestions) {
    json["suggestions"].push_back(ToApiJson(suggestion));
  }
  return JsonResponse(json);
}

// A route that decides something about people.
Route Decision(std::string path, std::string operation, std::string summary, std::vector<Field> in_path,
               std::vector<Field> in_body, std::function<StatusOr<HttpResponse>(const Arguments&)> run) {
  return {.method = "POST",
          .path = std::move(path),
          .operation = std::move(operation),
          .tag = "people",
          .summary = std::move(summary),
          .scope = Scope::kWrite,
          .in_path = std::move(in_path),
          .body = BodyKind::kJson,
          .in_body = std::move(in_body),
          .answers = {{.schema = "Decided"}},
          .problems = {http_status::kConflict, http_status::kNotFound},
          .run = [run = std::move(run)](const Call& call) { return run(call.arguments); }};
}

}  // namespace

void AddPeopleRoutes(Router& router, Library& library) {
  router.Add({.method = "GET",
              .path = "/api/v1/people",
              .operation = "listPeople",
              .tag = "people",
              .summary = "People with at least one face, most photos first",
              .in_query = {FlagField("hidden", "also hidden people")},
              .answers = {{.schema = "People"}},
              .problems = {http_status::kConflict},
              .run = [&library](const Call& call) { return People(library, call.arguments); }});
  // Before /people/{person}, which has this path, too.
  router.Add({.method = "GET",
              .path = "/api/v1/people/suggestions",
              .operation = "listSuggestions",
              .tag = "people",
              .summary = "People without a name, and faces without a person, who may be somebody with a name; the most "
                         "alike first",
              .lane = Lane::kHeavy,
              .in_query = {IntegerField("limit", 1, kMaxSuggestions, "suggestions (50)")},
              .answers = {{.schema = "Suggestions"}},
              .problems = {http_status::kConflict},
              .run = [&library](const Call& call) { return Suggestions(library, call.arguments); }});
  router.Add({.method = "GET",
              .path = "/api/v1/people/{person}",
              .operation = "getPerson",
              .tag = "people",
              .summary = "Whom a number means: the person, or whom they were merged into",
              .in_path = {PersonField()},
              .answers = {{.schema = "KnownPerson"}},
              .problems = {http_status::kConflict, http_status::kNotFound},
              .run = [&library](const Call& call) -> StatusOr<HttpResponse> {
                CALOTYPE_ASSIGN_OR_RETURN(const KnownPerson person,
                                          FindPerson(library, call.arguments.Integer("person")));
                return JsonResponse(ToApiJson(person));
              }});
  router.Add({.method = "GET",
              .path = "/api/v1/people/{person}/namesakes",
              .operation = "listNamesakes",
              .tag = "people",
              .summary = "Other people who have a name, in any case and accents; they may be the same person",
              .in_path = {PersonField()},
              .in_query = {TextField("name", "the name", /*required=*/true)},
              .answers = {{.schema = "Namesakes"}},
              .problems = {http_status::kConflict, http_status::kNotFound},
              .run = [&library](const Call& call) -> StatusOr<HttpResponse> {
                CALOTYPE_ASSIGN_OR_RETURN(
                    const Namesakes others,
                    FindNamesakes(library, call.arguments.Integer("person"), call.arguments.Text("name")));
                return JsonResponse(ToApiJson(others));
              }});
  router.Add({.method = "GET",
              .path = "/api/v1/people/{person}/faces",
              .operation = "listFaces",
              .tag = "people",
              .summary = "The faces of a person, the clearest first; the number of a merged person stands for whom "
                         "they were merged into",
              .in_path = {PersonField()},
              .answers = {{.schema = "Faces"}},
              .problems = {http_status::kConflict, http_status::kNotFound},
              .run = [&library](const Call& call) { return Faces(library, call.arguments.Integer("person")); }});
  Route change = Decision("/api/v1/people/{person}", "changePerson",
                          "Name, hide or show a person, or choose their cover", {PersonField()},
                          {TextField("name", "an empty text removes the name"),
                           FlagField("same_name", "name the person also if somebody else has this name"),
                           FlagField("hidden", "leave out of lists"),
                           IntegerField("cover_face", 1, kMaxId, "the face that represents the person")},
                          [&library](const Arguments& arguments) { return ChangePerson(library, arguments); });
  change.method = "PATCH";
  router.Add(std::move(change));
  router.Add(Decision("/api/v1/people/{person}/merge", "mergePeople", "Move the faces of other people to this one",
                      {PersonField()}, {IdsField("people", "the numbers of the others")},
                      [&library](const Arguments& arguments) { return Merge(library, arguments); }));
  router.Add(
      Decision("/api/v1/people/{person}/confirm", "confirmFaces", "Record that faces are this person", {PersonField()},
               {IdsField("faces", "the numbers of faces")},
               [&library](const Arguments& arguments) { return DecideFaces(library, arguments, ConfirmFaces); }));
  router.Add(Decision("/api/v1/people/{person}/reject", "rejectFaces", "Record that faces are not this person",
                      {PersonField()}, {IdsField("faces", "the numbers of faces")},
                      [&library](const Arguments& arguments) { return DecideFaces(library, arguments, RejectFaces); }));
  router.Add({.method = "POST",
              .path = "/api/v1/people/{person}/forget",
              .operation = "forgetPerson",
              .tag = "people",
              .summary =
                  "Delete the name and the face vectors of a person for good, and say which files still have them; "
                  "`not_erased` says why the deleted bytes are still in the catalogue's file",
              .scope = Scope::kAdmin,
              .lane = Lane::kHeavy,
              .in_path = {PersonField()},
              .answers = {{.schema = "Forgotten"}},
              .problems = {http_status::kConflict, http_status::kNotFound},
              .run = [&library](const Call& call) { return Forget(library, call.arguments); }});
  Route split = Decision(
      "/api/v1/faces/split", "splitPerson", "Move faces to a new person", {},
      {IdsField("faces", "the numbers of faces")}, [&library](const Arguments& arguments) -> StatusOr<HttpResponse> {
        CALOTYPE_ASSIGN_OR_RETURN(const NewPerson created, SplitPerson(library, arguments.Integers("faces")));
        Json json = {{"person", created.person}};
        json.update(ToApiJson(created.decision));
        return JsonResponse(json);
      });
  split.answers = {{.schema = "NewPerson"}};
  router.Add(std::move(split));
}

}  // namespace calotype
