#include "app/search.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "app/load_places.h"
#include "app/open_catalog.h"

namespace calotype {
namespace {

// The models that made the vectors which searches compare with: during a switch those before it.
StatusOr<ModelSet> ShownModels(const App& app, Catalog& catalog) {
  CALOTYPE_ASSIGN_OR_RETURN(const LibraryModels known, catalog.Models());
  if (known.shown.has_value()) {
    return *known.shown;
  }
  return known.wanted.has_value() ? *known.wanted
                                  : ModelSet{.pack = PackInUse(app).pack, .choices = "", .text_encoder = ""};
}

StatusOr<SearchResult> Search(Library& library, Catalog& catalog, const Query& query, const SearchOptions& options) {
  if (query.meaning.empty()) {
    return Searcher(catalog, library.vectors(), nullptr).Search(query, options);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const ModelSet shown, ShownModels(library.app(), catalog));
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<const OpenTextEncoder> open, library.Encoder(shown));
  return Searcher(catalog, library.vectors(), open->encoder.get(), open->why_none).Search(query, options);
}

bool AsksForPlace(const Query& query) {
  return std::ranges::any_of(query.facts,
                             [](const FactTerm& fact) { return fact.kind == FactTerm::Kind::kPlace && !fact.negated; });
}

}  // namespace

StatusOr<Query> ReadQuery(std::string_view text) {
  CALOTYPE_ASSIGN_OR_RETURN(Query query, ParseQuery(text));
  for (LikeTerm& like : query.likes) {
    like.path = CatalogPath(like.path).string();
  }
  return query;
}

StatusOr<SearchAnswer> SearchPhotos(Library& library, const Query& query, const SearchOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  SearchAnswer answer;
  CALOTYPE_ASSIGN_OR_RETURN(answer.result, Search(library, *catalog, query, options));
  answer.places_missing =
      answer.result.hits.empty() && AsksForPlace(query) && absl::IsNotFound(LoadPlaces(library.app()).status());
  return answer;
}

StatusOr<std::vector<SimilarPhoto>> SimilarPhotos(Library& library, const std::string& path, int limit) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(const PhotoId photo, catalog->FindByPath(CatalogPath(path).string()));
  return FindSimilar(*catalog, library.vectors(), photo, limit);
}

}  // namespace calotype
