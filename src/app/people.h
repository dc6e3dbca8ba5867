// The people of a library and their faces: lists them and records what a user decides about them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/library.h"
#include "base/status.h"

namespace calotype {

struct PeopleRequest {
  bool hidden = false;       // include hidden people
  bool count_faces = false;  // fill PeopleAnswer::faces
};

struct PeopleAnswer {
  std::vector<PersonRecord> people;  // those with at least one face, most photos first
  int64_t faces = 0;                 // faces with an embedding in present photos
};

// A face of a person, and a present path of its photo.
struct PersonFace {
  FaceRecord face;  // without its embedding
  std::string path;
};

// Whom a number means.
struct KnownPerson {
  PersonId id = 0;
  std::string name;     // empty when not named
  bool merged = false;  // the number was merged into `id`
};

StatusOr<PeopleAnswer> ListPeople(Library& library, const PeopleRequest& request);
// The faces of a person in present photos, the highest score x area first.
StatusOr<std::vector<PersonFace>> ListFaces(Library& library, PersonId person);

// The photo that shows the face.
StatusOr<PhotoId> PhotoOfFace(Library& library, FaceId face);

// kNotFound when there is no such person.
StatusOr<KnownPerson> FindPerson(Library& library, PersonId number);
// "person 1, Ada", or "person 1 (no name yet)".
std::string DescribePerson(const KnownPerson& person);
// "16 is now person 1, Ada".
std::string DescribeMerged(PersonId number, const KnownPerson& person);
// What refuses a change, because whoever uses the number of a person who was merged may mean somebody else.
// kFailedPrecondition; the message names the other person.
Status RefuseMerged(PersonId number, const KnownPerson& person);
// The person of a number, for a change: FindPerson(), then RefuseMerged() if the number was merged.
StatusOr<PersonId> PersonToChange(Library& library, PersonId number);

// Others who have a name.
struct Namesakes {
  std::vector<PersonId> people;  // by ascending id
  std::string text;              // "person 2 is also called Ada", "people 2, 5 are also called Ada"
};
// The people with this name apart from `person`. Case and accents do not matter, as in a search. Nobody has the empty
// name.
StatusOr<Namesakes> FindNamesakes(Library& library, PersonId person, std::string_view name);

// Each of these returns kNotFound, and changes nothing, when a person or a face does not exist. The id of a person who
// was merged may be used for the person they were merged into. Each returns its number in the journal (decisions.h).
//
// Names a person, leaves them out of lists or shows them again, chooses the face that represents them.
StatusOr<Decided> ChangePerson(Library& library, PersonId person, const PersonChange& change);
// Moves the faces of `others` to `into`, which keeps its name or takes one of theirs.
StatusOr<Decided> MergePeople(Library& library, PersonId into, std::span<const PersonId> others);
// Moves faces to a new person.
StatusOr<NewPerson> SplitPerson(Library& library, std::span<const FaceId> faces);
// Records that the faces are this person (ConfirmFaces) or are not (RejectFaces). Later scans respect it.
StatusOr<Decided> ConfirmFaces(Library& library, PersonId person, std::span<const FaceId> faces);
StatusOr<Decided> RejectFaces(Library& library, PersonId person, std::span<const FaceId> faces);

}  // namespace calotype
