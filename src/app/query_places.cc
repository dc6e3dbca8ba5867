#include "app/query_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "app/load_places.h"

namespace calotype {
namespace {

Status Locate(const App& app, const OtherPlaceNames& others, FactTerm& fact) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::shared_ptr<const PlaceIndex> places, LoadPlacesIfAny(app));
  if (places == nullptr) {
    return absl::FailedPreconditionError(fmt::format("near:{} needs names of places; {}", fact.value, kNoPlaces));
  }
  const std::optional<NamedPosition> position = places->FindCity(fact.near_place->name, others);
  if (!position.has_value()) {
    return absl::InvalidArgumentError(fmt::format(
        "near: no city is known as \"{}\"; latitude, longitude and kilometres work too, as in near:48.21,16.37,5",
        fact.near_place->name));
  }
  fact.near = PositionFilter{
      .latitude = position->latitude, .longitude = position->longitude, .kilometres = fact.near_place->kilometres};
  return absl::OkStatus();
}

bool NamesPlace(const FactTerm& fact) { return fact.near_place.has_value() || fact.kind == FactTerm::Kind::kPlace; }

}  // namespace

Status LookUpPlaces(const App& app, Query& query) {
  if (std::ranges::none_of(query.facts, NamesPlace)) {
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const OtherPlaceNames others, LoadOtherPlaceNames(app));
  for (FactTerm& fact : query.facts) {
    if (fact.kind == FactTerm::Kind::kPlace) {
      fact.other_names = others.Find(fact.value);
    } else if (fact.near_place.has_value()) {
      CALOTYPE_RETURN_IF_ERROR(Locate(app, others, fact));
    }
  }
  return absl::OkStatus();
}

}  // namespace calotype
