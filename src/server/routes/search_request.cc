#include "server/routes/search_request.h"

#include <string>

namespace calotype {

std::vector<Field> SearchFields(int max_hits) {
  return {TextField("q", "words, and filters such as text:parking or person:Ana", /*required=*/true),
          IntegerField("limit", 1, max_hits, "hits on a page (20)"),
          ChoiceField("sort", {"relevance", "newest", "oldest"}, "(relevance)"),
          CursorField("^[0-9a-f]{16}\\.[0-9a-f]{1,15}\\..*$"), FlagField("confident", "leave out less certain hits")};
}

StatusOr<SearchAnswer> SearchAsAsked(Library& library, const Arguments& arguments) {
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
  return SearchPhotos(library, query, options);
}

}  // namespace calotype
