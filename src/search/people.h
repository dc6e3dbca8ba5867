// Faces become people.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "catalog/people_catalog.h"

namespace calotype {

struct PeopleUpdate {
  int64_t joined = 0;    // faces that were given to a person who was there before
  int64_t founded = 0;   // new people
  int64_t left = 0;      // faces that stay without a person: too small, blurred or unsure to found one
  int64_t compared = 0;  // faces that were compared with everybody
};

// Gives each face without a person to the person whose three most alike faces have the highest mean cosine with it, if
// that is at least `match_threshold` (a parameter of the face model; cosines of different models differ). Two faces of
// one photo are never one person. What fits nobody founds a new person if it was detected with a score of 0.6, is 24
// pixels wide and high and is not known to be blurred (a sharpness under 0.25); children and siblings are better kept
// apart than merged, so founding is the default. Never moves a face that has a person. The same faces give the same
// people. One transaction: use a connection of its own. What users decided is kept: faces that have a person stay, and
// none joins a person of whom they said that it is not. Compares each such face with the middle of every person's faces
// (its code, Middles), and with a hundred of those of the few that are near; all embeddings are in memory meanwhile, as
// f16. A face that was left by an earlier run is compared with those alone who got faces since, unless something else
// was changed (a decision, a photo that is gone or back, a model); when nothing at all was, nothing is done. `update`,
// if given, tells what was done.
Status UpdatePeople(FaceCatalog& catalog, float match_threshold, PeopleUpdate* update = nullptr);

}  // namespace calotype
