// The rows of required analyses (StateWhenWanted). Only this folder includes it.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "catalog/sqlite.h"
#include "catalog/types.h"

namespace calotype {

// Gives every present photo a row of the wanted version. `now` is in seconds since 1970, as below.
Status RequireOfAllPhotos(Database& database, const AnalysisVersion& wanted, int64_t now);

// Gives one photo a row for each analysis in the table "required". A photo that was missing may lack some, or have rows
// of another version.
Status RequireOfPhoto(Database& database, PhotoId photo, int64_t now);

}  // namespace calotype
