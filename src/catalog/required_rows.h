// The rows of required analyses (StateWhenWanted). Only this folder includes it.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "catalog/sql.h"
#include "catalog/types.h"

namespace calotype {

// Both functions write rows of the table "analysis" (docs/schema.md); `now` is in seconds since 1970.

// Makes sure that every present photo has a row for the analysis with the wanted version: pending, or done if its
// findings have that version.
Status RequireOfAllPhotos(Database& database, const AnalysisVersion& wanted, int64_t now);

// Gives one photo a row for each analysis in the table "required". A photo that was missing may lack some, or have rows
// of another version.
Status RequireOfPhoto(Database& database, PhotoId photo, int64_t now);

}  // namespace calotype
