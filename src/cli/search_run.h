// A query from the command line to its answer.
#pragma once

#include <string>
#include <vector>

#include "app/app.h"
#include "base/status.h"
#include "search/query.h"
#include "search/searcher.h"

namespace calotype {

// `words` as one query; the paths of like: as the catalogue has them.
StatusOr<Query> ReadQuery(const std::vector<std::string>& words);

// Asks the catalogue, and the encoder of the models that are shown.
StatusOr<SearchResult> RunQuery(const App& app, const Query& query, const SearchOptions& options);

}  // namespace calotype
