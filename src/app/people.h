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

StatusOr<PeopleAnswer> ListPeople(Library& library, const PeopleRequest& request);
// The faces of a person in present photos, the highest score x area first.
StatusOr<std::vector<PersonFace>> ListFaces(Library& library, PersonId person);

// Each of these returns kNotFound, and changes nothing, when a person or a face does not exist. The id of a person who
// was merged may be used for the person they were merged into.
Status NamePerson(Library& library, PersonId person, std::string_view name);
// Moves the faces of `others` to `into`, which keeps its name or takes one of theirs.
Status MergePeople(Library& library, PersonId into, std::span<const PersonId> others);
// Moves faces to a new person, whose id is returned.
StatusOr<PersonId> SplitPerson(Library& library, std::span<const FaceId> faces);
// Records that the faces are this person (ConfirmFaces) or are not (RejectFaces). Later scans respect it.
Status ConfirmFaces(Library& library, PersonId person, std::span<const FaceId> faces);
Status RejectFaces(Library& library, PersonId person, std::span<const FaceId> faces);
// Chooses the face that represents a person in lists.
Status SetPersonCover(Library& library, PersonId person, FaceId face);
// Leaves a person out of lists, or shows them again.
Status HidePerson(Library& library, PersonId person, bool hidden);

}  // namespace calotype
