#include "cli/search_run.h"

#include <fmt/format.h>

#include <memory>

#include "app/model_choice.h"
#include "app/open_catalog.h"
#include "app/open_models.h"

namespace calotype {

StatusOr<Query> ReadQuery(const std::vector<std::string>& words) {
  CALOTYPE_ASSIGN_OR_RETURN(Query query, ParseQuery(fmt::format("{}", fmt::join(words, " "))));
  for (LikeTerm& like : query.likes) {
    like.path = CatalogPath(like.path).string();
  }
  return query;
}

// The encoder only when there are words to encode: a search by text or object loads no model.
StatusOr<SearchResult> RunQuery(const App& app, const Query& query, const SearchOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto catalog, OpenCatalog(app, false));
  VectorSearch vectors(app.VectorsFolder());
  if (query.meaning.empty()) {
    return Searcher(*catalog, vectors, nullptr).Search(query, options);
  }
  // The models whose vectors are shown: while others take over, those that were there before.
  CALOTYPE_ASSIGN_OR_RETURN(const LibraryModels known, catalog->Models());
  const ModelSet shown = known.shown.value_or(
      known.wanted.value_or(ModelSet{.pack = PackInUse(app).pack, .choices = "", .text_encoder = ""}));
  CALOTYPE_ASSIGN_OR_RETURN(const auto models,
                            OpenModels(app, {.pack = shown.pack, .choices = ParseChoices(shown.choices)},
                                       {.threads = App::Cores(), .few_runs = true}));
  const StatusOr<const ModelSpec*> model = models->TextEncoder(shown.text_encoder);
  if (!model.ok()) {
    return Searcher(*catalog, vectors, nullptr, Message(model.status())).Search(query, options);
  }
  CALOTYPE_ASSIGN_OR_RETURN(const auto encoder, CreateTextEncoder(**model, *models->cache));
  return Searcher(*catalog, vectors, encoder.get()).Search(query, options);
}

}  // namespace calotype
