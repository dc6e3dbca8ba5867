// What a client may ask of a search: the same for the API and for assistants (MCP).
#pragma once

#include <vector>

#include "app/library.h"
#include "app/search.h"
#include "base/status.h"
#include "server/http/field.h"

namespace calotype {

// The fields of a request: q, limit (20 unless given, at most `max_hits`), sort, cursor, confident.
std::vector<Field> SearchFields(int max_hits);

// Searches with arguments that fit these fields. kInvalidArgument for a query or a cursor that cannot be read; else as
// SearchPhotos().
StatusOr<SearchAnswer> SearchAsAsked(Library& library, const Arguments& arguments);

}  // namespace calotype
