// /marks
#include <charconv>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/api_json.h"
#include "app/marks.h"
#include "server/routes/empty_library.h"
#include "server/routes/routes.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxMarked = 1000;
constexpr int kDefaultMarked = 100;

Field MarkField() {
  std::vector<std::string> names;
  for (const NamedMark& one : kUserMarks) {
    names.emplace_back(one.name);
  }
  return ChoiceField("mark", names, "what the photos are marked for", /*required=*/true);
}

// The field allows nothing else.
UserMark MarkOf(const Arguments& arguments) {
  return FindUserMark(arguments.Text("mark")).value_or(UserMark::kFavourite);
}

std::vector<MarkCount> NoMarks() {
  std::vector<MarkCount> counts;
  for (const NamedMark& one : kUserMarks) {
    counts.push_back({.name = std::string(one.name)});
  }
  return counts;
}

StatusOr<HttpResponse> MarkCounts(Library& library) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<MarkCount> counts, OrEmpty(library, CountMarks(library), NoMarks()));
  Json json = {{"marks", Json::array()}};
  for (const MarkCount& count : counts) {
    json["marks"].push_back({{"mark", count.name}, {"photos", count.photos}});
  }
  return JsonResponse(json);
}

StatusOr<HttpResponse> Marked(Library& library, const Arguments& arguments) {
  PhotoId after = 0;
  if (arguments.Has("cursor")) {
    const std::string text = arguments.Text("cursor");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), after);
    if (error != std::errc() || end != text.data() + text.size() || after < 0) {
      return absl::InvalidArgumentError("cursor is not the value of `next` in an earlier answer");
    }
  }
  CALOTYPE_ASSIGN_OR_RETURN(const MarkedPage page,
                            OrEmpty(library, ListMarked(library, MarkOf(arguments), after,
                                                        static_cast<int>(arguments.Integer("limit", kDefaultMarked)))));
  Json json = {{"photos", Json::array()},
               {"next", page.next.has_value() ? Json(std::to_string(*page.next)) : Json(nullptr)}};
  for (const PhotoRow& row : page.photos) {
    json["photos"].push_back(ToApiJson(row));
  }
  return JsonResponse(json);
}

}  // namespace

void AddMarkRoutes(Router& router, Library& library) {
  router.Add({.method = "GET",
              .path = "/api/v1/marks",
              .operation = "countMarks",
              .tag = "marks",
              .summary = "The marks that photos can have, with the number of photos that have each",
              .answers = {{.schema = "Marks"}},
              .problems = {http_status::kConflict},
              .run = [&library](const Call&) { return MarkCounts(library); }});
  router.Add({.method = "POST",
              .path = "/api/v1/marks",
              .operation = "markPhotos",
              .tag = "marks",
              .summary = "Mark photos, or take a mark from them; nothing is deleted",
              .scope = Scope::kWrite,
              .body = BodyKind::kJson,
              .in_body = {IdsField("photos", "the numbers of photos"), MarkField(),
                          FlagField("set", "false takes the mark away (true)")},
              .answers = {{.schema = "Decided"}},
              .problems = {http_status::kConflict, http_status::kNotFound},
              .run = [&library](const Call& call) -> StatusOr<HttpResponse> {
                CALOTYPE_ASSIGN_OR_RETURN(const Decided decision,
                                          MarkPhotos(library, MarkOf(call.arguments), call.arguments.Integers("photos"),
                                                     call.arguments.Flag("set", true)));
                return JsonResponse(ToApiJson(decision));
              }});
  router.Add({.method = "GET",
              .path = "/api/v1/marks/photos",
              .operation = "listMarked",
              .tag = "marks",
              .summary = "The photos with a mark, in the order of their numbers",
              .in_query = {MarkField(), CursorField("^[0-9]{1,18}$"),
                           IntegerField("limit", 1, kMaxMarked, "photos on a page (100)")},
              .answers = {{.schema = "PhotoPage"}},
              .problems = {http_status::kConflict},
              .run = [&library](const Call& call) { return Marked(library, call.arguments); }});
}

}  // namespace calotype
