#include "app/load_places.h"

#include <utility>

namespace calotype {

StatusOr<std::shared_ptr<const PlaceIndex>> LoadPlaces(const App& app) {
  CALOTYPE_ASSIGN_OR_RETURN(auto places, PlaceIndex::Load(app.settings().places_file));
  return std::shared_ptr<const PlaceIndex>(std::move(places));
}

StatusOr<std::shared_ptr<const PlaceIndex>> LoadPlacesIfAny(const App& app) {
  StatusOr<std::shared_ptr<const PlaceIndex>> places = LoadPlaces(app);
  return absl::IsNotFound(places.status()) ? nullptr : places;
}

}  // namespace calotype
