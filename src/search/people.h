// Assigns faces to people.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "catalog/people_catalog.h"

namespace calotype {

struct PeopleUpdate {
  int64_t joined = 0;    // faces assigned to existing people
  int64_t founded = 0;   // people created
  int64_t left = 0;      // faces without a person: too small, too blurred or too uncertain to create one
  int64_t compared = 0;  // faces compared with all people
};

// Assigns each face that has no person to the person with the highest mean cosine over their three most similar faces,
// if that is at least `match_threshold` (a parameter of the face model; cosines of different models differ). A face
// that matches nobody creates a new person if its detection score is at least 0.6, it is at least 24 pixels wide and
// high and it is not blurred (its sharpness is unknown or at least 0.25). In doubt a new person is created, because it
// is better to keep children and siblings apart than to merge them.
//
// Two faces of one photo never become one person. Faces that have a person are never moved, and no face joins a person
// for whom a user rejected it. The same faces give the same people.
//
// Each face is compared with the centroid of every person's faces (its code, see Centroids), and for the few near ones
// with up to a hundred of that person's faces. All embeddings are in memory as f16 meanwhile. A face left over by an
// earlier run is compared only with people who got faces since, unless something else changed (a decision, a photo that
// was deleted or came back, a model). Does nothing if nothing changed since the last run.
//
// Runs in one transaction, so use a separate connection. `update`, if given, receives the counts.
Status UpdatePeople(FaceCatalog& catalog, float match_threshold, PeopleUpdate* update = nullptr);

}  // namespace calotype
