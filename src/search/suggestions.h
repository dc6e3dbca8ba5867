// Finds people and faces who may be somebody with a name, for a user to confirm one by one.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "catalog/people_catalog.h"

namespace calotype {

struct PersonSuggestion {
  std::optional<PersonId> person;  // without a name; nullopt: the face has no person
  std::vector<FaceId> faces;       // of the person, or the one face; the highest score x area first
  PersonId suggested = 0;          // who has a name
  float likeness = 0;              // the mean, over the compared faces, of FaceVectors::Likeness() with theirs
};

// Returns up to `limit` suggestions, the most alike first, all with a likeness of at least `at_least`. Each person
// without a name and each face without a person is suggested once, as the named person most like them. Nobody is
// suggested who is in a photo with the other, or whom a user excluded from one of the faces; hidden people are left
// out.
//
// Compares the centroid of each person without a name with that of each person with one, and the faces only of those
// that are near. `faces` have embeddings (FaceCatalog::Faces()).
std::vector<PersonSuggestion> SuggestPeople(std::span<const FaceRecord> faces, std::span<const PersonRecord> people,
                                            float at_least, std::size_t limit);

}  // namespace calotype
