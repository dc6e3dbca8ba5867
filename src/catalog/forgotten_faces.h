// The places of faces whose person was forgotten (PeopleCatalog::ForgetPerson): no vector and no name is stored there,
// whatever a later scan finds. Only this folder includes it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "analysis/findings.h"
#include "base/geometry.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "catalog/sql.h"

namespace calotype {

// In pixels of the upright original. Empty for almost every photo.
StatusOr<std::vector<Box>> ForgottenPlaces(Database& database, PhotoId photo);

// True when `box` is at one of the places. Boxes of other models and programs differ a little.
bool IsAtOneOf(std::span<const Box> places, const Box& box);

// Removes the embedding of the face that is at each place. Returns the indices of these faces.
std::vector<std::size_t> DropForgotten(std::span<const Box> places, std::vector<FaceFinding>& faces);

// Deletes the person, the vectors of their faces (shown and kept), and their name. Returns the faces, each with a place
// that is recorded.
StatusOr<std::vector<ForgottenFace>> DeletePerson(Database& database, PersonId person);

// Records the place, and deletes the named regions there.
Status ForgetPlace(Database& database, PhotoId photo, const Box& place);

// Ends this for the face, because a user says who it is. Its vector is computed by the next scan.
Status RecogniseAgain(Database& database, FaceId face);

}  // namespace calotype
