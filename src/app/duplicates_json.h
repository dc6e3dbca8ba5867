// Groups of duplicates as JSON, in the form that docs/json.md describes.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "app/duplicates.h"

namespace calotype {

// Crops are in a list of their own: whoever deletes all `photos` but the keeper deletes no crop.
nlohmann::ordered_json DuplicateGroupToJson(const DuplicateGroup& group);
nlohmann::ordered_json DuplicatesToJson(const Duplicates& found);

}  // namespace calotype
