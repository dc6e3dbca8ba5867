// FaceCatalog, and People() of PeopleCatalog.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "catalog/codec.h"
#include "catalog/library_keys.h"
#include "catalog/photo_pairs.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

constexpr std::string_view kMarkKey = "people.mark";

Status NoPerson(PersonId person) { return absl::NotFoundError(fmt::format("there is no person {}", person)); }

Status RequirePerson(Database& database, PersonId person) {
  CALOTYPE_ASSIGN_OR_RETURN(const auto known, database.QueryInt("SELECT id FROM person WHERE id = ?1", person));
  return known.has_value() ? absl::OkStatus() : NoPerson(person);
}

FaceRecord FaceOf(const Statement& row) {
  return {.id = row.Int(0),
          .photo = row.Int(1),
          .score = row.Float(2),
          .sharpness = OptionalFloat(row, 11),
          .box = BoxFromRow(row, 3),
          .person = OptionalInt(row, 7),
          .decided = row.Int(10) != 0,
          .from_region = row.Int(10) == kDecidedByRegion,
          .not_people = {},
          .embedding = FromBlob<uint16_t>(row.Bytes(8)),
          .version = row.Text(9)};
}

}  // namespace

StatusOr<std::vector<FaceRecord>> SqlCatalog::Faces() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database_->Query("SELECT id, face.photo_id, score, x, y, width, height, person_id, embedding,"
                       " coalesce(found_version, ''), decided, sharpness FROM face LEFT JOIN analysis"
                       " ON analysis.photo_id = face.photo_id AND analysis = 'faces.recognise'"
                       " WHERE embedding IS NOT NULL AND EXISTS"
                       " (SELECT 1 FROM file WHERE file.photo_id = face.photo_id AND missing = 0) ORDER BY id"));
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<FaceRecord> faces, ReadRows(std::move(rows), FaceOf));
  CALOTYPE_ASSIGN_OR_RETURN(Statement denied,
                            database_->Query("SELECT face_id, person_id FROM face_not_person ORDER BY face_id"));
  CALOTYPE_RETURN_IF_ERROR(denied.ForEach([&faces](const Statement& row) {
    const auto face = std::ranges::lower_bound(faces, row.Int(0), {}, &FaceRecord::id);
    if (face != faces.end() && face->id == row.Int(0)) {
      face->not_people.push_back(row.Int(1));
    }
  }));
  return faces;
}

StatusOr<int64_t> SqlCatalog::CountFaces() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(
      const auto count,
      database_->QueryInt("SELECT count(*) FROM face WHERE embedding IS NOT NULL AND EXISTS"
                          " (SELECT 1 FROM file WHERE file.photo_id = face.photo_id AND missing = 0)"));
  return count.value_or(0);
}

StatusOr<std::string> SqlCatalog::PeopleMark() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(std::optional<std::string> mark, ReadKey(*database_, kMarkKey));
  return std::move(mark).value_or("");
}

Status SqlCatalog::SetPeopleMark(const std::string& mark) {
  const MutexLock lock(&mutex_);
  return WriteKey(*database_, kMarkKey, mark);
}

StatusOr<PersonId> SqlCatalog::CreatePerson() {
  const MutexLock lock(&mutex_);
  return database_->Insert("INSERT INTO person(created_at) VALUES (unixepoch())");
}

Status SqlCatalog::AssignFaces(PersonId person, std::span<const FaceId> faces) {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_RETURN_IF_ERROR(RequirePerson(*database_, person));
  for (const FaceId face : faces) {
    CALOTYPE_RETURN_IF_ERROR(database_->Execute("UPDATE face SET person_id = ?1 WHERE id = ?2", person, face));
    if (database_->changes() != 1) {
      return absl::NotFoundError(fmt::format("there is no face {}", face));
    }
  }
  return transaction.Commit();
}

StatusOr<std::vector<PersonRecord>> SqlCatalog::People() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database_->Query(database_->dialect().people));
  CALOTYPE_ASSIGN_OR_RETURN(auto people, ReadRows(std::move(rows), [](const Statement& row) {
                              return PersonRecord{.id = row.Int(0),
                                                  .name = row.Text(1),
                                                  .faces = row.Int(2),
                                                  .photos = row.Int(3),
                                                  .hidden = row.Int(6) != 0,
                                                  .cover = row.Int(4),
                                                  .cover_path = row.Text(5)};
                            }));
  // A pair is one photo, as in the answers of a search.
  std::map<PersonId, int64_t> pairs;
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement counted,
      database_->Query(fmt::format("SELECT face.person_id, count(DISTINCT face.photo_id) FROM ({}) AS pair"
                                   " JOIN face ON face.photo_id = raw_id WHERE EXISTS (SELECT 1 FROM face AS other"
                                   " WHERE other.photo_id = shown_id AND other.person_id = face.person_id)"
                                   " GROUP BY face.person_id",
                                   kSelectPairs),
                       static_cast<int>(CompanionKind::kRaw)));
  CALOTYPE_RETURN_IF_ERROR(counted.ForEach([&pairs](const Statement& row) { pairs[row.Int(0)] = row.Int(1); }));
  if (!pairs.empty()) {
    for (PersonRecord& person : people) {
      const auto found = pairs.find(person.id);
      person.photos -= found == pairs.end() ? 0 : found->second;
    }
    std::ranges::stable_sort(people, std::ranges::greater(), &PersonRecord::photos);
  }
  return people;
}

}  // namespace calotype
