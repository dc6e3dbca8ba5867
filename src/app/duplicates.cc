#include "app/duplicates.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>

#include "app/query_places.h"
#include "app/scanned_files.h"
#include "app/search.h"
#include "base/file.h"
#include "base/text.h"
#include "search/restriction.h"

namespace calotype {
namespace {

StatusOr<Query> ReadFilters(const std::string& text) {
  CALOTYPE_ASSIGN_OR_RETURN(Query query, ReadQuery(text));
  if (!query.meaning.empty() || !query.likes.empty()) {
    return absl::InvalidArgumentError(
        "copies can be restricted by filters such as in:holiday or type:jpeg, not by words or like:");
  }
  return query;
}

bool ContainsIgnoringCase(std::string_view text, std::string_view part) {
  return ToLowerAscii(text).find(ToLowerAscii(part)) != std::string::npos;
}

// True if the path itself passes in: or name:. The catalogue finds photos that have any such path.
bool PathPasses(const FactTerm& term, std::string_view path) {
  const std::size_t name = path.rfind('/') + 1;
  if (term.negated) {
    return true;  // photos with such a path are left out
  }
  if (term.kind == FactTerm::Kind::kName) {
    return ContainsIgnoringCase(path.substr(name), term.value);
  }
  if (term.kind == FactTerm::Kind::kFolder) {
    std::string folder = term.value;
    while (folder.size() > 1 && folder.ends_with('/')) {
      folder.pop_back();
    }
    return folder.starts_with('/') ? IsAtOrBelow(path, folder)
                                   : ContainsIgnoringCase(path.substr(0, name), "/" + folder + "/");
  }
  return true;
}

// Copies in `library`; see FindDuplicates() in search/.
StatusOr<Duplicates> FindCopies(Library& library, Catalog& catalog, const DuplicatesRequest& request) {
  DuplicateOptions options{.turned = request.turned,
                           .threads = App::Cores(),
                           .vectors = request.crops ? &library.vectors() : nullptr,
                           .allows_photo = {},
                           .allows_path = {}};
  Query query;
  std::optional<Restriction> restriction;
  if (!request.query.empty()) {
    CALOTYPE_ASSIGN_OR_RETURN(query, ReadFilters(request.query));
    CALOTYPE_RETURN_IF_ERROR(LookUpPlaces(library.app(), query));
    CALOTYPE_ASSIGN_OR_RETURN(restriction, Restriction::Build(catalog, query));
    options.allows_photo = [&](PhotoId photo) { return restriction->Allows(photo); };
    options.allows_path = [&](std::string_view path) {
      return std::ranges::all_of(query.facts, [&](const FactTerm& term) { return PathPasses(term, path); });
    };
  }
  ScannedFiles files(catalog, library.app().settings().Limits());
  return FindDuplicates(catalog, files, options);
}

}  // namespace

StatusOr<Duplicates> FindDuplicates(Library& library, const DuplicatesRequest& request) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return FindCopies(library, *catalog, request);
}

StatusOr<Duplicates> FindCopiesOf(Library& library, PhotoId photo) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_RETURN_IF_ERROR(catalog->GetPhoto(photo).status());
  ScannedFiles files(*catalog, library.app().settings().Limits());
  return FindDuplicates(*catalog, files,
                        {.turned = true,
                         .threads = App::Cores(),
                         .vectors = &library.vectors(),
                         .allows_photo = {},
                         .allows_path = {},
                         .of = photo});
}

StatusOr<std::vector<Burst>> FindBursts(Library& library, const BurstOptions& options) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(const Duplicates copies, FindCopies(library, *catalog, {}));
  return FindBursts(*catalog, options, CopiesIn(copies.groups));
}

StatusOr<std::vector<std::vector<SimilarPhoto>>> FindLookAlikes(Library& library, float min_cosine) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(const Duplicates copies, FindCopies(library, *catalog, {}));
  return FindLookAlikes(*catalog, min_cosine, CopiesIn(copies.groups), App::Cores());
}

}  // namespace calotype
