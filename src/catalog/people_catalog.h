// Two roles of the catalogue: FaceCatalog for the clustering of faces, PeopleCatalog for the people that users see and
// correct.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "catalog/decision_catalog.h"
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
  bool decided = false;              // a user, or a named region of the photo, assigned the person: clustering keeps it
  bool from_region = false;          // decided by a named region of the photo
  std::vector<PersonId> not_people;  // a user said that the face is none of these people
  std::vector<uint16_t> embedding;   // unit length, f16
  // Of the faces.recognise model that made the embedding. Only embeddings of one version can be compared.
  std::string version;
};

// The least overlap (IoU) of two boxes that are the same face for two programs or models. Low, because some draw heads
// where others draw faces.
inline constexpr float kSamePlace = 0.3F;

// A face of a person who was forgotten.
struct ForgottenFace {
  PhotoId photo = 0;
  Box box;  // pixels of the upright original
};

struct PersonRecord {
  PersonId id = 0;
  std::string name;  // empty when not named
  int64_t faces = 0;
  int64_t photos = 0;  // a RAW and JPEG pair is one
  bool hidden = false;
  FaceId cover = 0;        // chosen by a user, else the face with the highest score x area
  std::string cover_path;  // of a photo that shows the cover face
};

// Properties of a person that a user sets; what is nullopt stays as it is.
struct PersonChange {
  std::optional<std::string> name;  // empty: no name
  std::optional<bool> hidden;
  std::optional<FaceId> cover;
};

struct NewPerson {
  PersonId person = 0;
  Decided decision;
};

// What the clustering of faces reads and writes.
class FaceCatalog {
 public:
  virtual ~FaceCatalog() = default;

  // Every face of a present photo that has an embedding, by ascending id. There may be hundreds of thousands.
  virtual StatusOr<std::vector<FaceRecord>> Faces() = 0;
  // The number of faces that Faces() returns.
  virtual StatusOr<int64_t> CountFaces() = 0;
  // The state of clustering after its last run: a text that the catalogue stores and does not interpret. Empty at
  // first.
  virtual StatusOr<std::string> PeopleMark() = 0;
  virtual Status SetPeopleMark(const std::string& mark) = 0;
  virtual StatusOr<PersonId> CreatePerson() = 0;
  // Assigns the faces to the person, for all faces or none. It is no decision: the next run may assign them again.
  // kNotFound when the person or one of the faces does not exist.
  virtual Status AssignFaces(PersonId person, std::span<const FaceId> faces) = 0;
  // Takes names from named regions of the photos' metadata (PhotoFacts::regions). The face that overlaps a region (IoU
  // at least 0.3) is assigned to the person with that name; of several, to the first who is not in the photo already
  // and from whom no user excluded the face. A face of a person with that name stays theirs. If nobody has the name,
  // the face's own person gets it if unnamed; otherwise a new person is created. Each region is used once, so that
  // later decisions of users are kept. Faces that a user assigned to somebody, or excluded from this person, are not
  // changed. Returns the number of faces that were assigned.
  virtual StatusOr<int64_t> ImportRegionNames() = 0;
  // kFailedPrecondition when a transaction is open on this connection.
  virtual StatusOr<std::unique_ptr<Transaction>> BeginTransaction() = 0;
};

// People and the decisions of users about them, which clustering respects. The id of a person who was merged may be
// used for the person they were merged into. Each decision is all or nothing: kNotFound when a person or face does not
// exist. It is recorded in the journal in the same transaction.
class PeopleCatalog {
 public:
  virtual ~PeopleCatalog() = default;

  // People with at least one face in a present photo, most photos first.
  virtual StatusOr<std::vector<PersonRecord>> People() = 0;
  // The faces of a person in present photos, the highest score x area first; without embeddings.
  virtual StatusOr<std::vector<FaceRecord>> FacesOf(PersonId person) = 0;
  // The photo that shows the face.
  virtual StatusOr<PhotoId> PhotoOfFace(FaceId face) = 0;
  // The id of the person, or of the one that it was merged into.
  virtual StatusOr<PersonId> ResolvePerson(PersonId person) = 0;
  // The name of the person; empty when not named.
  virtual StatusOr<std::string> NameOf(PersonId person) = 0;
  // The people with this name, also those without a face in a present photo, by ascending id. Case and accents do not
  // matter, as in a search. Nobody has the empty name.
  virtual StatusOr<std::vector<PersonId>> PeopleNamed(std::string_view name) = 0;
  // The photos whose metadata has a named region with this name, in the same sense, by ascending id.
  virtual StatusOr<std::vector<PhotoId>> PhotosNaming(std::string_view name) = 0;

  // kNotFound also when the cover is a face of another person.
  virtual StatusOr<Decided> ChangePerson(PersonId person, const PersonChange& change) = 0;
  // Moves all faces of `people` to `into` as decided faces. `into` keeps its name or gets one of theirs.
  virtual StatusOr<Decided> MergePeople(PersonId into, std::span<const PersonId> people) = 0;
  // Moves the faces to a new person, and records that they are not the people to whom they belonged.
  virtual StatusOr<NewPerson> SplitPerson(std::span<const FaceId> faces) = 0;
  // Records that the faces are this person, and assigns them.
  virtual StatusOr<Decided> DecideFaces(PersonId person, std::span<const FaceId> faces) = 0;
  // Records that the faces are not this person. Those that were assigned to the person belong to nobody until the
  // next run of clustering.
  virtual StatusOr<Decided> SetNotPerson(PersonId person, std::span<const FaceId> faces) = 0;
  // Deletes the person with their number, name and the numbers merged into it, the vectors of their faces, also those
  // that are kept for other models, and named regions at the faces' places and, unless somebody else has the name,
  // elsewhere. The faces stay in their photos and belong to nobody. Their places are recorded: later results bring no
  // vector and no named region there, until a user assigns the face to a person (DecideFaces, SplitPerson); then the
  // next scan recognises it. Returns the faces, also those in photos that are missing. The bytes are still in the
  // catalogue's files until MaintenanceCatalog::EraseDeleted().
  virtual StatusOr<std::vector<ForgottenFace>> ForgetPerson(PersonId person) = 0;
};

}  // namespace calotype
