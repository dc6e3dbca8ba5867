// /search
#include <nlohmann/json.hpp>

#include "app/api_json.h"
#include "app/completions.h"
#include "server/routes/routes.h"
#include "server/routes/search_request.h"

namespace calotype {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxHits = 1000;
constexpr int kMaxCompletions = 50;
constexpr int kMaxCursor = 1'000'000;

StatusOr<HttpResponse> Search(Library& library, const Arguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const SearchAnswer answer, SearchAsAsked(library, arguments));
  return JsonResponse(ToApiJson(answer));
}

StatusOr<HttpResponse> Complete(Library& library, const Arguments& arguments) {
  const auto cursor =
      arguments.Has("at") ? std::optional(static_cast<std::size_t>(arguments.Integer("at"))) : std::nullopt;
  CALOTYPE_ASSIGN_OR_RETURN(
      const QueryCompletions found,
      CompleteQuery(library, arguments.Text("q"), cursor, static_cast<std::size_t>(arguments.Integer("limit", 10))));
  Json json = {{"start", found.start}, {"end", found.end}, {"completions", Json::array()}};
  for (const Completion& one : found.completions) {
    json["completions"].push_back({{"text", one.text},
                                   {"key", one.key},
                                   {"value", one.value.empty() ? Json(nullptr) : Json(one.value)},
                                   {"photos", one.uses.has_value() ? Json(*one.uses) : Json(nullptr)},
                                   {"photos_is_minimum", one.is_minimum}});
  }
  return JsonResponse(json);
}

}  // namespace

void AddSearchRoutes(Router& router, Library& library) {
  router.Add({.method = "GET",
              .path = "/api/v1/search",
              .operation = "search",
              .tag = "search",
              .summary = "Find photos by words and filters; confident hits come first",
              .in_query = SearchFields(kMaxHits),
              .answers = {{.schema = "SearchAnswer"}},
              .problems = {http_status::kConflict},
              .run = [&library](const Call& call) { return Search(library, call.arguments); }});
  router.Add({.method = "GET",
              .path = "/api/v1/completions",
              .operation = "completeQuery",
              .tag = "search",
              .summary = "Complete a query that is being typed with keys, and with values that the library has",
              .in_query = {TextField("q", "the query so far"),
                           IntegerField("at", 0, kMaxCursor, "characters before the cursor (all)"),
                           IntegerField("limit", 1, kMaxCompletions, "completions at most (10)")},
              .answers = {{.schema = "Completions"}},
              .problems = {http_status::kConflict},
              .run = [&library](const Call& call) { return Complete(library, call.arguments); }});
}

}  // namespace calotype
