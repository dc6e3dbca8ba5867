#include "app/load_places.h"

#include <filesystem>
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

StatusOr<OtherPlaceNames> LoadOtherPlaceNames(const App& app) {
  const std::filesystem::path places = app.settings().places_file;
  StatusOr<OtherPlaceNames> names = OtherPlaceNames::Load(places.parent_path() / "other_names.tsv");
  return absl::IsNotFound(names.status()) ? OtherPlaceNames() : std::move(names);
}

}  // namespace calotype
