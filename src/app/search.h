// Searches a library by words, filters and likeness to one photo.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/library.h"
#include "base/status.h"
#include "search/query.h"
#include "search/searcher.h"
#include "search/similar.h"

namespace calotype {

struct SearchAnswer {
  SearchResult result;
  // Nothing was found, the query asks for a place, and this machine has no names of places (kNoPlaces).
  bool places_missing = false;
  // What the user should know of the query: people whom nobody is called, with the names that are known.
  std::vector<std::string> notes;
};

// Parses a query (docs/query.md). Makes the paths of like: absolute, relative ones from the current folder.
// kInvalidArgument for a query that cannot be read.
StatusOr<Query> ReadQuery(std::string_view text);

// The photos that match `query`. The path of a hit is that of a file that is on the disk now, if the photo has one that
// fits the query; otherwise Hit::gone is set. Opens the text encoder only for a query with words; without one (the pack
// has none) words are compared with labels, text and names only, and each hit says so. Thread-safe.
StatusOr<SearchAnswer> SearchPhotos(Library& library, const Query& query, const SearchOptions& options);

// The `limit` photos that look most like the photo at `path`, best first, with paths as above. A photo that is not in
// the library is analysed first, which takes the time of opening the model. Errors as in FindSimilar(), and those of
// reading the photo.
StatusOr<std::vector<SimilarPhoto>> SimilarPhotos(Library& library, const std::string& path, int limit);
// The same for a photo that is not in the library, by its embedding.
StatusOr<std::vector<SimilarPhoto>> SimilarPhotos(Library& library, const EmbeddingFinding& embedding, int limit);

}  // namespace calotype
