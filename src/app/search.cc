#include "app/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>

#include "app/analyze.h"
#include "app/load_places.h"
#include "app/open_catalog.h"
#include "app/query_places.h"
#include "app/scanned_files.h"
#include "catalog/path_matcher.h"

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

// One sentence for each person: that has no match, with the names that are known.
StatusOr<std::vector<std::string>> UnknownPeople(Catalog& catalog, const Query& query) {
  constexpr std::size_t kMaxNames = 20;
  std::vector<std::string> notes;
  for (const FactTerm& fact : query.facts) {
    if (fact.kind != FactTerm::Kind::kPerson) {
      continue;
    }
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> names, catalog.PersonNames());
    if (!NamesMatching(names, fact.value).empty()) {
      continue;
    }
    const std::size_t more = names.size() - std::min(names.size(), kMaxNames);
    names.resize(names.size() - more);
    notes.push_back(
        names.empty()
            ? fmt::format("no person is called \"{}\"; nobody has a name yet (calotype people name)", fact.value)
            : fmt::format("no person is called \"{}\"; known: {}{}", fact.value, fmt::join(names, ", "),
                          more > 0 ? fmt::format(" and {} more", more) : ""));
  }
  return notes;
}

// Makes the first of `paths` that is on the disk the `path` of a hit. Marks a hit without such a path as gone.
template <typename AnyHit>
void ChoosePath(AnyHit& hit, const std::vector<std::string>& paths) {
  const auto there = std::ranges::find_if(paths, IsFileThere);
  hit.gone = there == paths.end();
  if (!hit.gone) {
    hit.path = *there;
  }
}

StatusOr<std::vector<SimilarPhoto>> WithPathsThatExist(Catalog& catalog, std::vector<SimilarPhoto> photos) {
  std::vector<PhotoId> ids;
  std::ranges::transform(photos, std::back_inserter(ids), &SimilarPhoto::photo);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::vector<std::string>> paths, catalog.PathsThatPass(ids, {}));
  for (std::size_t i = 0; i < photos.size(); ++i) {
    ChoosePath(photos[i], paths[i]);
  }
  return photos;
}

// The embedding of a photo that is not in the library.
StatusOr<EmbeddingFinding> EmbeddingOf(const App& app, const std::string& path) {
  StatusOr<EmbeddingFinding> embedding = absl::InternalError(fmt::format("{} was not analysed", path));
  CALOTYPE_RETURN_IF_ERROR(
      AnalyzePhotos(app, {.photos = {path}, .only = {"embedding"}}, [&](const AnalyzedPhoto& photo) {
        if (!photo.status.ok()) {
          embedding = photo.status;
        } else if (photo.findings.embedding.has_value()) {
          embedding = *photo.findings.embedding;
        } else if (!photo.outcomes.empty()) {
          embedding = absl::FailedPreconditionError(
              fmt::format("{} has no embedding: {}", path, photo.outcomes.front().reason));
        }
      }));
  return embedding;
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
  Query located = query;
  CALOTYPE_RETURN_IF_ERROR(LookUpPlaces(library.app(), located));
  CALOTYPE_ASSIGN_OR_RETURN(answer.result, Search(library, *catalog, located, options));
  for (Hit& hit : answer.result.hits) {
    ChoosePath(hit, hit.paths);
  }
  CALOTYPE_ASSIGN_OR_RETURN(answer.notes, UnknownPeople(*catalog, query));
  answer.places_missing =
      answer.result.hits.empty() && AsksForPlace(query) && absl::IsNotFound(LoadPlaces(library.app()).status());
  return answer;
}

StatusOr<std::vector<SimilarPhoto>> SimilarPhotos(Library& library, const std::string& path, int limit) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  const StatusOr<PhotoId> photo = catalog->FindByPath(CatalogPath(path).string());
  std::vector<SimilarPhoto> similar;
  if (absl::IsNotFound(photo.status())) {
    CALOTYPE_ASSIGN_OR_RETURN(const EmbeddingFinding embedding, EmbeddingOf(library.app(), path));
    CALOTYPE_ASSIGN_OR_RETURN(similar, FindSimilarTo(*catalog, library.vectors(), embedding, limit));
  } else {
    CALOTYPE_RETURN_IF_ERROR(photo.status());
    CALOTYPE_ASSIGN_OR_RETURN(similar, FindSimilar(*catalog, library.vectors(), *photo, limit));
  }
  return WithPathsThatExist(*catalog, std::move(similar));
}

StatusOr<std::vector<SimilarPhoto>> SimilarPhotos(Library& library, const EmbeddingFinding& embedding, int limit) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<SimilarPhoto> similar,
                            FindSimilarTo(*catalog, library.vectors(), embedding, limit));
  return WithPathsThatExist(*catalog, std::move(similar));
}

}  // namespace calotype
