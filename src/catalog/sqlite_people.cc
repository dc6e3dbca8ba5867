// PeopleCatalog: the decisions of users.
#include <fmt/format.h>

#include <utility>

#include "catalog/forgotten_faces.h"
#include "catalog/library_keys.h"
#include "catalog/row_values.h"
#include "catalog/sqlite_catalog.h"

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

}  // namespace

StatusOr<PhotoId> SqliteCatalog::PhotoOfFace(FaceId face) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const auto photo, database_->QueryInt("SELECT photo_id FROM face WHERE id = ?1", face));
  return photo.has_value() ? StatusOr<PhotoId>(*photo) : NoSuchFace(face);
}

StatusOr<PersonId> SqliteCatalog::ResolvePerson(PersonId person) {
  const MutexLock lock(&mutex_);
  return Resolve(*database_, person);
}

StatusOr<std::string> SqliteCatalog::NameOf(PersonId person) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId meant, Resolve(*database_, person));
  CALOTYPE_ASSIGN_OR_RETURN(Statement row, database_->Query("SELECT name FROM person WHERE id = ?1", meant));
  CALOTYPE_ASSIGN_OR_RETURN(const bool found, row.Step());
  return found ? row.Text(0) : std::string();
}

StatusOr<std::vector<PersonId>> SqliteCatalog::PeopleNamed(std::string_view name) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database_->Query("SELECT id FROM person WHERE name <> '' AND fold(name) = fold(?1) ORDER BY id", name));
  return ReadRows(std::move(rows), [](const Statement& row) { return PersonId{row.Int(0)}; });
}

StatusOr<std::vector<PhotoId>> SqliteCatalog::PhotosNaming(std::string_view name) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database_->Query("SELECT DISTINCT photo_id FROM named_region WHERE name <> '' AND"
                                             " fold(name) = fold(?1) ORDER BY photo_id",
                                             name));
  return ReadRows(std::move(rows), [](const Statement& row) { return PhotoId{row.Int(0)}; });
}

Status SqliteCatalog::MergePeople(PersonId into, std::span<const PersonId> people) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId kept, Resolve(*database_, into));
  for (const PersonId person : people) {
    CALOTYPE_ASSIGN_OR_RETURN(const PersonId other, Resolve(*database_, person));
    if (other != kept) {
      CALOTYPE_RETURN_IF_ERROR(MergeOne(*database_, kept, other));
    }
  }
  return transaction.Commit();
}

StatusOr<PersonId> SqliteCatalog::SplitPerson(std::span<const FaceId> faces) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(*database_));
  CALOTYPE_RETURN_IF_ERROR(database_->Execute("INSERT INTO person(created_at) VALUES (unixepoch())"));
  const PersonId person = database_->last_insert_id();
  for (const FaceId face : faces) {
    CALOTYPE_RETURN_IF_ERROR(
        database_->Execute("INSERT OR IGNORE INTO face_not_person(face_id, person_id)"
                           " SELECT id, person_id FROM face WHERE id = ?1 AND person_id IS NOT NULL",
                           face));
  }
  CALOTYPE_RETURN_IF_ERROR(Assign(*database_, person, faces));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return person;
}

Status SqliteCatalog::SetNotPerson(PersonId person, std::span<const FaceId> faces) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId meant, Resolve(*database_, person));
  for (const FaceId face : faces) {
    CALOTYPE_RETURN_IF_ERROR(
        ChangeFace(*database_,
                   "UPDATE face SET person_id = CASE WHEN person_id = ?2 THEN NULL ELSE person_id"
                   " END, decided = CASE WHEN person_id = ?2 THEN 0 ELSE decided END WHERE id = ?1",
                   face, meant));
    CALOTYPE_RETURN_IF_ERROR(
        database_->Execute("INSERT OR IGNORE INTO face_not_person(face_id, person_id) VALUES (?1, ?2)", face, meant));
  }
  return transaction.Commit();
}

Status SqliteCatalog::DecideFaces(PersonId person, std::span<const FaceId> faces) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId meant, Resolve(*database_, person));
  CALOTYPE_RETURN_IF_ERROR(Assign(*database_, meant, faces));
  return transaction.Commit();
}

Status SqliteCatalog::HidePerson(PersonId person, bool hidden) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId meant, Resolve(*database_, person));
  return database_->Execute("UPDATE person SET hidden = ?2 WHERE id = ?1", meant, hidden ? 1 : 0);
}

StatusOr<std::vector<ForgottenFace>> SqliteCatalog::ForgetPerson(PersonId person) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(SqliteTransaction transaction, SqliteTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId meant, Resolve(*database_, person));
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<ForgottenFace> faces, DeletePerson(*database_, meant));
  CALOTYPE_RETURN_IF_ERROR(WriteKey(*database_, kEraseKey, "yes"));
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return faces;
}

Status SqliteCatalog::SetCover(PersonId person, FaceId face) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId meant, Resolve(*database_, person));
  CALOTYPE_ASSIGN_OR_RETURN(const auto is_theirs,
                            database_->QueryInt("SELECT 1 FROM face WHERE id = ?1 AND person_id = ?2", face, meant));
  if (!is_theirs.has_value()) {
    return absl::NotFoundError(fmt::format(
        "face {} does not belong to person {} (calotype people show {} lists the faces)", face, meant, meant));
  }
  return database_->Execute("UPDATE person SET cover_face_id = ?2 WHERE id = ?1", meant, face);
}

StatusOr<std::vector<FaceRecord>> SqliteCatalog::FacesOf(PersonId person) {
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
