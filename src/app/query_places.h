// Looks up the places that a query names.
#pragma once

#include "app/app.h"
#include "base/status.h"
#include "search/query.h"

namespace calotype {

// Adds the positions of near:London, and the names that place:Wien stands for (Vienna). Reads the files of places only
// for such a query. kFailedPrecondition for near: without names of places, kInvalidArgument for an unknown city. A
// value of place: that no file has is searched as it is.
Status LookUpPlaces(const App& app, Query& query);

}  // namespace calotype
