// /search
#include <nlohmann/json.hpp>

#include "app/search.h"
#include "server/routes/api_json.h"
#include "server/routes/routes.h"

namespace calotype {
namespace {

constexpr int kMaxHits = 1000;

StatusOr<HttpResponse> Search(Library& library, const Arguments& arguments) {
  CALOTYPE_ASSIGN_OR_RETURN(const Query query, ReadQuery(arguments.Text("q")));
  SearchOptions options{.limit = static_cast<int>(arguments.Integer("limit", 20)),
                        .confident_only = arguments.Flag("confident")};
  const std::string sort = arguments.Text("sort", "relevance");
  options.sort = sort == "newest" ? SortOrder::kNewest : sort == "oldest" ? SortOrder::kOldest : SortOrder::kRelevance;
  if (arguments.Has("cursor")) {
    options.after = ParseCursor(arguments.Text("cursor"));
    if (!options.after.has_value()) {
      return absl::InvalidArgumentError("cursor is not the value of `next` in an earlier answer");
    }
  }
  CALOTYPE_ASSIGN_OR_RETURN(const SearchAnswer answer, SearchPhotos(library, query, options));
  return JsonResponse(ToApiJson(answer));
}

}  // namespace

void AddSearchRoutes(Router& router, Library& library) {
  router.Add({.method = "GET",
              .path = "/api/v1/search",
              .operation = "search",
              .tag = "search",
              .summary = "Find photos by words and filters; confident hits come first",
              .in_query = {TextField("q", "words, and filters such as text:parking or person:Ana", /*required=*/true),
                           IntegerField("limit", 1, kMaxHits, "hits on a page (20)"),
                           ChoiceField("sort", {"relevance", "newest", "oldest"}, "(relevance)"),
                           CursorField("^[0-9a-f]{16}\\.[0-9a-f]{1,15}\\..*$"),
                           FlagField("confident", "leave out less certain hits")},
              .answers = {{.schema = "SearchAnswer"}},
              .problems = {http_status::kConflict},
              .run = [&library](const Call& call) { return Search(library, call.arguments); }});
}

}  // namespace calotype
