#include "app/people_suggestions.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "analysis/analyser.h"
#include "app/model_choice.h"
#include "search/suggestions.h"

namespace calotype {
namespace {

// The cosine of the models whose findings are shown; nullopt if they find no faces.
StatusOr<std::optional<double>> MaybeThreshold(Library& library, Catalog& catalog) {
  CALOTYPE_ASSIGN_OR_RETURN(const LibraryModels models, catalog.Models());
  if (!models.shown.has_value()) {
    return std::nullopt;
  }
  CALOTYPE_ASSIGN_OR_RETURN(
      const Pack pack,
      LoadChosen(library.app(), {.pack = models.shown->pack, .choices = ParseChoices(models.shown->choices)}));
  const ModelSpec* const recogniser = pack.Find("faces.recognise");
  if (recogniser == nullptr) {
    return std::nullopt;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const double threshold, FaceMaybeThreshold(*recogniser));
  return threshold;
}

// Fills `shown` of all suggestions.
Status AddShownFaces(Catalog& catalog, const std::vector<FaceRecord>& records,
                     const std::vector<PersonSuggestion>& suggestions, std::vector<NamedSuggestion>& named) {
  std::vector<PhotoId> photos;
  for (std::size_t i = 0; i < suggestions.size(); ++i) {
    const std::size_t count = std::min(kFacesShown, suggestions[i].faces.size());
    for (std::size_t face = 0; face < count; ++face) {
      const auto record = std::ranges::lower_bound(records, suggestions[i].faces[face], {}, &FaceRecord::id);
      PersonFace shown = {.face = *record, .path = ""};
      shown.face.embedding.clear();
      photos.push_back(shown.face.photo);
      named[i].shown.push_back(std::move(shown));
    }
  }
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> paths, catalog.PathsOf(photos));
  auto path = paths.begin();
  for (NamedSuggestion& suggestion : named) {
    for (PersonFace& face : suggestion.shown) {
      face.path = std::move(*path++);
    }
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::vector<NamedSuggestion>> ListSuggestions(Library& library, int limit) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(const std::optional<double> threshold, MaybeThreshold(library, *catalog));
  if (!threshold.has_value()) {
    return std::vector<NamedSuggestion>();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PersonRecord> people, catalog->People());
  std::unordered_map<PersonId, const PersonRecord*> by_id;
  for (const PersonRecord& person : people) {
    by_id[person.id] = &person;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<FaceRecord> faces, catalog->Faces());
  const std::vector<PersonSuggestion> suggestions =
      SuggestPeople(faces, people, static_cast<float>(*threshold), static_cast<std::size_t>(limit));
  std::vector<NamedSuggestion> named;
  for (const PersonSuggestion& suggestion : suggestions) {
    named.push_back(
        {.person = suggestion.person,
         .faces = std::ssize(suggestion.faces),
         .shown = {},
         .suggested = {.id = suggestion.suggested, .name = by_id.at(suggestion.suggested)->name, .merged = false},
         .likeness = suggestion.likeness});
  }
  CALOTYPE_RETURN_IF_ERROR(AddShownFaces(*catalog, faces, suggestions, named));
  return named;
}

}  // namespace calotype
