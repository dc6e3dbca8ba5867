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
// The faces of a person in present photos, the clearest and largest first.
StatusOr<std::vector<PersonFace>> ListFaces(Library& library, PersonId person);

// Each of these answers kNotFound, and changes nothing, when a person or a face does not exist. A person who was merged
// into another stands for that one.
Status NamePerson(Library& library, PersonId person, std::string_view name);
// Moves the faces of `others` to `into`, which keeps its name or takes one of theirs.
Status MergePeople(Library& library, PersonId into, std::span<const PersonId> others);
// Moves faces to a new person, which is the answer.
StatusOr<PersonId> SplitPerson(Library& library, std::span<const FaceId> faces);
// Records that faces are, or are not, this person; later scans respect it.
Status ConfirmFaces(Library& library, PersonId person, std::span<const FaceId> faces);
Status RejectFaces(Library& library, PersonId person, std::span<const FaceId> faces);
// Chooses the face that represents a person in lists.
Status SetPersonCover(Library& library, PersonId person, FaceId face);
// Leaves a person out of lists, or shows them again.
Status HidePerson(Library& library, PersonId person, bool hidden);

}  // namespace calotype
