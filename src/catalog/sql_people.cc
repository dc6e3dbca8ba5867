// PeopleCatalog: the decisions of users.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "base/unicode.h"
#include "catalog/decision_journal.h"
#include "catalog/forgotten_faces.h"
#include "catalog/library_keys.h"
#include "catalog/names.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

StatusOr<PersonId> Resolve(Database& database, PersonId person) {
  // One lookup is enough: MergePeople() redirects the people that were merged before.
  CALOTYPE_ASSIGN_OR_RETURN(const auto known,
                            database.QueryInt("SELECT id FROM person WHERE id = coalesce((SELECT into_id FROM"
                                              " merged_person WHERE id = ?1), ?1)",
                                              person));
  return known.has_value() ? StatusOr<PersonId>(*known)
                           : absl::NotFoundError(fmt::format("there is no person {} (calotype people list)", person));
}

Status NoSuchFace(FaceId face) {
  return absl::NotFoundError(fmt::format("there is no face {} (calotype people show ID)", face));
}

Status ChangeFace(Database& database, std::string_view sql, FaceId face, PersonId person) {
  CALOTYPE_RETURN_IF_ERROR(database.Execute(sql, face, person));
  return database.changes() == 1 ? absl::OkStatus() : NoSuchFace(face);
}

Status Assign(Database& database, PersonId person, std::span<const FaceId> faces) {
  for (const FaceId face : faces) {
    CALOTYPE_RETURN_IF_ERROR(
        ChangeFace(database, "UPDATE face SET person_id = ?2, decided = 1 WHERE id = ?1", face, person));
    CALOTYPE_RETURN_IF_ERROR(
        database.Execute("DELETE FROM face_not_person WHERE face_id = ?1 AND person_id = ?2", face, person));
    CALOTYPE_RETURN_IF_ERROR(RecogniseAgain(database, face));
  }
  return absl::OkStatus();
}

Status MergeOne(Database& database, PersonId into, PersonId other) {
  CALOTYPE_RETURN_IF_ERROR(
      database.Execute("UPDATE face SET person_id = ?1, decided = 1 WHERE person_id = ?2", into, other));
  CALOTYPE_RETURN_IF_ERROR(database.Execute(
      "UPDATE person SET name = (SELECT name FROM person WHERE id = ?2) WHERE id = ?1 AND name = ''", into, other));
  CALOTYPE_RETURN_IF_ERROR(database.Execute("UPDATE merged_person SET into_id = ?1 WHERE into_id = ?2", into, other));
  CALOTYPE_RETURN_IF_ERROR(database.Execute("INSERT INTO merged_person(id, into_id) VALUES (?2, ?1)", into, other));
  return database.Execute("DELETE FROM person WHERE id = ?1", other);
}

Status SetCover(Database& database, PersonId person, FaceId face) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto is_theirs,
                            database.QueryInt("SELECT 1 FROM face WHERE id = ?1 AND person_id = ?2", face, person));
  if (!is_theirs.has_value()) {
    return absl::NotFoundError(fmt::format(
        "face {} does not belong to person {} (calotype people show {} lists the faces)", face, person, person));
  }
  return database.Execute("UPDATE person SET cover_face_id = ?2 WHERE id = ?1", person, face);
}

// Also those in photos that are missing.
StatusOr<std::vector<FaceId>> AllFacesOf(Database& database, PersonId person) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query("SELECT id FROM face WHERE person_id = ?1", person));
  return ReadRows(std::move(rows), [](const Statement& row) { return FaceId{row.Int(0)}; });
}

StatusOr<std::string> ReadName(Database& database, PersonId person) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement row, database.Query("SELECT name FROM person WHERE id = ?1", person));
  CALOTYPE_ASSIGN_OR_RETURN(const bool found, row.Step());
  return found ? row.Text(0) : std::string();
}

StatusOr<DecisionSubject> SubjectFor(Database& database, PersonId person) {
  DecisionSubject subject = {.person = person};
  CALOTYPE_ASSIGN_OR_RETURN(subject.name, ReadName(database, person));
  return subject;
}

DecisionScope ScopeOf(std::span<const FaceId> faces) {
  return {.faces = std::vector<FaceId>(faces.begin(), faces.end()), .people = {}, .keys = {}, .merging = {}};
}

// Without repetitions.
int64_t CountOf(std::span<const FaceId> faces) { return std::ssize(std::set<FaceId>(faces.begin(), faces.end())); }

DecisionKind KindOf(const PersonChange& change) {
  const int properties =
      (change.name.has_value() ? 1 : 0) + (change.hidden.has_value() ? 1 : 0) + (change.cover.has_value() ? 1 : 0);
  if (properties > 1) {
    return DecisionKind::kChange;
  }
  if (change.hidden.has_value()) {
    return *change.hidden ? DecisionKind::kHide : DecisionKind::kShow;
  }
  return change.cover.has_value() ? DecisionKind::kCover : DecisionKind::kName;
}

}  // namespace

StatusOr<PhotoId> SqlCatalog::PhotoOfFace(FaceId face) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const auto photo, database_->QueryInt("SELECT photo_id FROM face WHERE id = ?1", face));
  return photo.has_value() ? StatusOr<PhotoId>(*photo) : NoSuchFace(face);
}

StatusOr<PersonId> SqlCatalog::ResolvePerson(PersonId person) {
  const MutexLock lock(&mutex_);
  return Resolve(*database_, person);
}

StatusOr<std::string> SqlCatalog::NameOf(PersonId person) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId meant, Resolve(*database_, person));
  return ReadName(*database_, meant);
}

StatusOr<std::vector<PersonId>> SqlCatalog::PeopleNamed(std::string_view name) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<NamedPerson> people, NamedPeople(*database_));
  const std::string folded = FoldCaseAndAccents(name);
  std::vector<PersonId> found;
  for (const NamedPerson& person : people) {
    if (FoldCaseAndAccents(person.name) == folded) {
      found.push_back(person.id);
    }
  }
  return found;
}

StatusOr<std::vector<PhotoId>> SqlCatalog::PhotosNaming(std::string_view name) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> names, RegionNames(*database_));
  const std::string folded = FoldCaseAndAccents(name);
  std::set<PhotoId> photos;
  for (const std::string& one : names) {
    if (FoldCaseAndAccents(one) == folded) {
      CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                                database_->Query("SELECT photo_id FROM named_region WHERE name = ?1", one));
      CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PhotoId> found, PhotoIds(std::move(rows)));
      photos.insert(found.begin(), found.end());
    }
  }
  return std::vector<PhotoId>(photos.begin(), photos.end());
}

StatusOr<Decided> SqlCatalog::ChangePerson(PersonId person, const PersonChange& change) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId meant, Resolve(*database_, person));
  CALOTYPE_ASSIGN_OR_RETURN(DecisionSubject subject, SubjectFor(*database_, meant));
  subject.new_name = change.name.value_or("");
  CALOTYPE_ASSIGN_OR_RETURN(
      DecisionRecorder recorder,
      DecisionRecorder::Begin(*database_, {.faces = {}, .people = {meant}, .keys = {}, .merging = {}}));
  if (change.name.has_value()) {
    CALOTYPE_RETURN_IF_ERROR(database_->Execute("UPDATE person SET name = ?2 WHERE id = ?1", meant, *change.name));
  }
  if (change.hidden.has_value()) {
    CALOTYPE_RETURN_IF_ERROR(
        database_->Execute("UPDATE person SET hidden = ?2 WHERE id = ?1", meant, *change.hidden ? 1 : 0));
  }
  if (change.cover.has_value()) {
    CALOTYPE_RETURN_IF_ERROR(SetCover(*database_, meant, *change.cover));
  }
  CALOTYPE_ASSIGN_OR_RETURN(const Decided decision, recorder.Finish(KindOf(change), subject));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return decision;
}

StatusOr<Decided> SqlCatalog::MergePeople(PersonId into, std::span<const PersonId> people) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId kept, Resolve(*database_, into));
  DecisionScope scope = {.faces = {}, .people = {kept}, .keys = {}, .merging = {}};
  for (const PersonId person : std::set<PersonId>(people.begin(), people.end())) {
    CALOTYPE_ASSIGN_OR_RETURN(const PersonId other, Resolve(*database_, person));
    if (other != kept && std::ranges::find(scope.merging, other) == scope.merging.end()) {
      scope.merging.push_back(other);
      CALOTYPE_ASSIGN_OR_RETURN(const std::vector<FaceId> theirs, AllFacesOf(*database_, other));
      scope.faces.insert(scope.faces.end(), theirs.begin(), theirs.end());
    }
  }
  const std::vector<PersonId> others = scope.merging;
  CALOTYPE_ASSIGN_OR_RETURN(DecisionRecorder recorder, DecisionRecorder::Begin(*database_, std::move(scope)));
  for (const PersonId other : others) {
    CALOTYPE_RETURN_IF_ERROR(MergeOne(*database_, kept, other));
  }
  CALOTYPE_ASSIGN_OR_RETURN(DecisionSubject subject, SubjectFor(*database_, kept));
  subject.count = std::ssize(others);
  CALOTYPE_ASSIGN_OR_RETURN(const Decided decision, recorder.Finish(DecisionKind::kMerge, subject));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return decision;
}

StatusOr<NewPerson> SqlCatalog::SplitPerson(std::span<const FaceId> faces) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(DecisionRecorder recorder, DecisionRecorder::Begin(*database_, ScopeOf(faces)));
  NewPerson created;
  CALOTYPE_ASSIGN_OR_RETURN(created.person, database_->Insert("INSERT INTO person(created_at) VALUES (unixepoch())"));
  recorder.AddNewPerson(created.person);
  for (const FaceId face : faces) {
    CALOTYPE_RETURN_IF_ERROR(
        database_->Execute("INSERT INTO face_not_person(face_id, person_id)"
                           " SELECT id, person_id FROM face WHERE id = ?1 AND person_id IS NOT NULL"
                           " ON CONFLICT DO NOTHING",
                           face));
  }
  CALOTYPE_RETURN_IF_ERROR(Assign(*database_, created.person, faces));
  CALOTYPE_ASSIGN_OR_RETURN(created.decision,
                            recorder.Finish(DecisionKind::kSplit, {.person = created.person, .count = CountOf(faces)}));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return created;
}

StatusOr<Decided> SqlCatalog::SetNotPerson(PersonId person, std::span<const FaceId> faces) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId meant, Resolve(*database_, person));
  CALOTYPE_ASSIGN_OR_RETURN(DecisionRecorder recorder, DecisionRecorder::Begin(*database_, ScopeOf(faces)));
  for (const FaceId face : faces) {
    CALOTYPE_RETURN_IF_ERROR(
        ChangeFace(*database_,
                   "UPDATE face SET person_id = CASE WHEN person_id = ?2 THEN NULL ELSE person_id"
                   " END, decided = CASE WHEN person_id = ?2 THEN 0 ELSE decided END WHERE id = ?1",
                   face, meant));
    CALOTYPE_RETURN_IF_ERROR(database_->Execute(
        "INSERT INTO face_not_person(face_id, person_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING", face, meant));
  }
  CALOTYPE_ASSIGN_OR_RETURN(DecisionSubject subject, SubjectFor(*database_, meant));
  subject.count = CountOf(faces);
  CALOTYPE_ASSIGN_OR_RETURN(const Decided decision, recorder.Finish(DecisionKind::kReject, subject));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return decision;
}

StatusOr<Decided> SqlCatalog::DecideFaces(PersonId person, std::span<const FaceId> faces) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId meant, Resolve(*database_, person));
  CALOTYPE_ASSIGN_OR_RETURN(DecisionRecorder recorder, DecisionRecorder::Begin(*database_, ScopeOf(faces)));
  CALOTYPE_RETURN_IF_ERROR(Assign(*database_, meant, faces));
  CALOTYPE_ASSIGN_OR_RETURN(DecisionSubject subject, SubjectFor(*database_, meant));
  subject.count = CountOf(faces);
  CALOTYPE_ASSIGN_OR_RETURN(const Decided decision, recorder.Finish(DecisionKind::kConfirm, subject));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return decision;
}

StatusOr<std::vector<ForgottenFace>> SqlCatalog::ForgetPerson(PersonId person) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId meant, Resolve(*database_, person));
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<ForgottenFace> faces, DeletePerson(*database_, meant));
  CALOTYPE_RETURN_IF_ERROR(WriteKey(*database_, kEraseKey, "yes"));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return faces;
}

StatusOr<std::vector<FaceRecord>> SqlCatalog::FacesOf(PersonId person) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId meant, Resolve(*database_, person));
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database_->Query(
          "SELECT id, photo_id, score, x, y, width, height, decided, sharpness FROM face WHERE person_id = ?1 AND"
          " EXISTS (SELECT 1 FROM file WHERE file.photo_id = face.photo_id AND missing = 0)"
          " ORDER BY score * width * height DESC, id",
          meant));
  return ReadRows(std::move(rows), [meant](const Statement& row) {
    return FaceRecord{.id = row.Int(0),
                      .photo = row.Int(1),
                      .score = row.Float(2),
                      .sharpness = OptionalFloat(row, 8),
                      .box = BoxFromRow(row, 3),
                      .person = meant,
                      .decided = row.Int(7) != 0,
                      .from_region = row.Int(7) == kDecidedByRegion,
                      .not_people = {},
                      .embedding = {},
                      .version = {}};
  });
}

}  // namespace calotype
