// People and faces who may be somebody with a name, for a user to confirm one by one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/library.h"
#include "app/people.h"
#include "base/status.h"

namespace calotype {

struct NamedSuggestion {
  std::optional<PersonId> person;  // without a name; nullopt: the face has no person
  int64_t faces = 0;               // of the person; 1 for a face
  std::vector<PersonFace> shown;   // the clearest of them, up to kFacesShown
  KnownPerson suggested;           // who has a name
  float likeness = 0;              // PersonSuggestion::likeness
};

inline constexpr std::size_t kFacesShown = 6;

// Up to `limit` suggestions, the most alike first; SuggestPeople() in search/ has the rules. They are between the
// cosine from which the shown face model takes two faces for one person, and a lower one from which they may be
// (FaceMaybeThreshold). A yes is MergePeople() or ConfirmFaces(), a no RejectFaces() with the shown faces: then the
// suggestion is not made again. Empty without a face model. Loads the vectors of all faces, and compares 100,000 in
// about a second.
StatusOr<std::vector<NamedSuggestion>> ListSuggestions(Library& library, int limit);

}  // namespace calotype
