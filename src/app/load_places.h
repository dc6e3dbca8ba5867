// Loads the names of places from the file that the settings name.
#pragma once

#include <memory>
#include <string_view>

#include "app/app.h"
#include "base/status.h"
#include "photo/places.h"

namespace calotype {

// What to do when LoadPlaces returns kNotFound.
inline constexpr std::string_view kNoPlaces =
    "there are no names of places here: tools/setup/fetch_places fetches them, the next scan fills them in";

// kNotFound when there is no such file.
StatusOr<std::shared_ptr<const PlaceIndex>> LoadPlaces(const App& app);
// The same, but null when there is no such file.
StatusOr<std::shared_ptr<const PlaceIndex>> LoadPlacesIfAny(const App& app);

// The names of places in other languages, from a file beside that one. Without such a file none is known.
StatusOr<OtherPlaceNames> LoadOtherPlaceNames(const App& app);

}  // namespace calotype
