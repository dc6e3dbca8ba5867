// Two roles: faces, as clustering sees them; and people, as users see and correct them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "catalog/transaction.h"
#include "catalog/types.h"

namespace calotype {

struct FaceRecord {
  FaceId id = 0;
  PhotoId photo = 0;
  float score = 0;
  std::optional<float> sharpness;  // nullopt for faces that were recognised before it was measured
  Box box;
  std::optional<PersonId> person;
  bool decided = false;              // a user assigned the person
  std::vector<PersonId> not_people;  // a user said that the face is none of these people
  std::vector<uint16_t> embedding;   // unit length, f16
  std::string version;               // of the faces.recognise that made the embedding; only equal versions compare
};

struct PersonRecord {
  PersonId id = 0;
  std::string name;  // empty when not named
  int64_t faces = 0;
  int64_t photos = 0;
  bool hidden = false;
  FaceId cover = 0;        // chosen by a user, else the largest and surest
  std::string cover_path;  // of a photo that shows the cover face
};

// What the clustering of faces reads and writes.
class FaceCatalog {
 public:
  virtual ~FaceCatalog() = default;

  // Every face of a present photo that has an embedding, by ascending id. There may be hundreds of thousands.
  virtual StatusOr<std::vector<FaceRecord>> Faces() = 0;
  // The number of these.
  virtual StatusOr<int64_t> CountFaces() = 0;
  // A text that clustering stored for its next run; empty at first. The catalogue does not interpret it.
  virtual StatusOr<std::string> PeopleMark() = 0;
  virtual Status SetPeopleMark(const std::string& mark) = 0;
  virtual StatusOr<PersonId> CreatePerson() = 0;
  // All or none: kNotFound when the person or one of the faces does not exist.
  virtual Status AssignFaces(PersonId person, std::span<const FaceId> faces) = 0;
  // Assigns names from named regions of the photos' metadata (PhotoFacts::regions) to faces. Each region is used once,
  // so later decisions of users stay. A face that overlaps the region (IoU at least 0.3) goes to the person with that
  // name, who is created if necessary; a person without a name gets it instead. Faces that a user assigned to somebody,
  // or excluded from this person, are not changed. Returns the number of faces that got a name.
  virtual StatusOr<int64_t> ImportRegionNames() = 0;
  // kFailedPrecondition when a transaction is open on this connection.
  virtual StatusOr<std::unique_ptr<Transaction>> BeginTransaction() = 0;
};

// People and the decisions of users about them, which clustering respects. A `person` that was merged into another one
// stands for that one. Each decision is all or nothing: kNotFound when a person or face does not exist.
class PeopleCatalog {
 public:
  virtual ~PeopleCatalog() = default;

  // People with at least one face in a present photo, most photos first.
  virtual StatusOr<std::vector<PersonRecord>> People() = 0;
  // The faces of a person in present photos, the surest and largest first; without embeddings.
  virtual StatusOr<std::vector<FaceRecord>> FacesOf(PersonId person) = 0;
  // The id of the person, or of the one that it was merged into.
  virtual StatusOr<PersonId> ResolvePerson(PersonId person) = 0;

  virtual Status NamePerson(PersonId person, std::string_view name) = 0;
  // Moves all faces of `people` to `into`, which keeps its name or gets one of theirs.
  virtual Status MergePeople(PersonId into, std::span<const PersonId> people) = 0;
  // Moves the faces to a new person.
  virtual StatusOr<PersonId> SplitPerson(std::span<const FaceId> faces) = 0;
  // The faces are this person.
  virtual Status DecideFaces(PersonId person, std::span<const FaceId> faces) = 0;
  // The faces are not this person.
  virtual Status SetNotPerson(PersonId person, std::span<const FaceId> faces) = 0;
  virtual Status HidePerson(PersonId person, bool hidden) = 0;
  // kNotFound also when the face is of another person.
  virtual Status SetCover(PersonId person, FaceId face) = 0;
};

}  // namespace calotype
