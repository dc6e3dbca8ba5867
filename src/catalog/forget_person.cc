// DeletePerson().
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/unicode.h"
#include "catalog/codec.h"
#include "catalog/decision_journal.h"
#include "catalog/forgotten_faces.h"
#include "catalog/kept_findings.h"
#include "catalog/names.h"
#include "catalog/row_values.h"

namespace calotype {
namespace {

// Kept findings of faces.
struct KeptFaces {
  int64_t id = 0;
  PhotoId photo = 0;
  std::string analysis;
  std::vector<uint8_t> findings;
  std::vector<int64_t> people;  // of the faces; 0 nobody; empty: none of them was ever shown
};

StatusOr<std::vector<ForgottenFace>> FacesOfPerson(Database& database, PersonId person) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query("SELECT photo_id, x, y, width, height FROM face WHERE person_id = ?1 ORDER BY id", person));
  return ReadRows(std::move(rows),
                  [](const Statement& row) { return ForgottenFace{.photo = row.Int(0), .box = BoxFromRow(row, 1)}; });
}

StatusOr<KeptFaces> ReadKept(Database& database, int64_t id) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement row,
                            database.Query("SELECT photo_id, analysis, findings, people FROM kept WHERE id = ?1", id));
  CALOTYPE_RETURN_IF_ERROR(row.Step().status());
  const Blob findings = row.Bytes(2);
  return KeptFaces{.id = id,
                   .photo = row.Int(0),
                   .analysis = row.Text(1),
                   .findings = std::vector<uint8_t>(findings.begin(), findings.end()),
                   .people = FromBlob<int64_t>(row.Bytes(3))};
}

// The person, and the numbers of people who were merged into them: kept findings may have these.
StatusOr<std::set<PersonId>> NumbersOf(Database& database, PersonId person) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database.Query("SELECT id FROM merged_person WHERE into_id = ?1 UNION SELECT ?1", person));
  CALOTYPE_ASSIGN_OR_RETURN(const auto ids, ReadRows(std::move(rows), [](const Statement& row) { return row.Int(0); }));
  return std::set<PersonId>(ids.begin(), ids.end());
}

// Deletes the vectors of the person from one row of kept findings. Faces that only these findings have are added to
// `faces`.
Status ForgetInKept(Database& database, const KeptFaces& kept, const std::set<PersonId>& numbers,
                    std::vector<ForgottenFace>& faces) {
  CALOTYPE_ASSIGN_OR_RETURN(Findings findings, UnpackFindings(kept.analysis, kept.findings));
  if (!findings.faces.has_value()) {
    return absl::OkStatus();
  }
  std::vector<FaceFinding>& found = *findings.faces;
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<Box> places, ForgottenPlaces(database, kept.photo));
  std::vector<int64_t> people = kept.people;
  for (std::size_t i = 0; i < std::min(people.size(), found.size()); ++i) {
    if (numbers.contains(people[i]) && !IsAtOneOf(places, found[i].box)) {
      CALOTYPE_RETURN_IF_ERROR(ForgetPlace(database, kept.photo, found[i].box));
      places.push_back(found[i].box);
      faces.push_back({.photo = kept.photo, .box = found[i].box});
    }
  }
  for (const std::size_t dropped : DropForgotten(places, found)) {
    if (dropped < people.size()) {
      people[dropped] = 0;
    }
  }
  std::ranges::replace_if(people, [&numbers](PersonId one) { return numbers.contains(one); }, PersonId{0});
  const std::vector<uint8_t> bytes = PackFindings(kept.analysis, findings);
  return database.Execute("UPDATE kept SET findings = ?2, people = ?3 WHERE id = ?1", kept.id, Blob(bytes),
                          AsBlob(std::span(std::as_const(people))));
}

Status ForgetInAllKept(Database& database, PersonId person, std::vector<ForgottenFace>& faces) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query("SELECT id FROM kept WHERE analysis LIKE 'faces.%' AND"
                                                           " (length(people) > 0 OR photo_id IN"
                                                           " (SELECT photo_id FROM forgotten_face)) ORDER BY id"));
  CALOTYPE_ASSIGN_OR_RETURN(const auto ids, ReadRows(std::move(rows), [](const Statement& row) { return row.Int(0); }));
  CALOTYPE_ASSIGN_OR_RETURN(const std::set<PersonId> numbers, NumbersOf(database, person));
  std::set<PhotoId> photos;
  for (const ForgottenFace& face : faces) {
    photos.insert(face.photo);
  }
  for (const int64_t id : ids) {
    CALOTYPE_ASSIGN_OR_RETURN(const KeptFaces kept, ReadKept(database, id));
    const bool has_person =
        std::ranges::any_of(kept.people, [&numbers](PersonId one) { return numbers.contains(one); });
    if (has_person || photos.contains(kept.photo)) {
      CALOTYPE_RETURN_IF_ERROR(ForgetInKept(database, kept, numbers, faces));
    }
  }
  return absl::OkStatus();
}

// Regions with the name elsewhere, where no face was found; not if somebody else has the name, too.
Status ForgetName(Database& database, PersonId person) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<NamedPerson> people, NamedPeople(database));
  const auto own = std::ranges::find(people, person, &NamedPerson::id);
  if (own == people.end()) {
    return absl::OkStatus();
  }
  const std::string folded = FoldCaseAndAccents(own->name);
  const bool is_shared = std::ranges::any_of(
      people, [&](const NamedPerson& other) { return other.id != person && FoldCaseAndAccents(other.name) == folded; });
  if (is_shared) {
    return absl::OkStatus();
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<std::string> names, RegionNames(database));
  for (const std::string& name : names) {
    if (FoldCaseAndAccents(name) == folded) {
      CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM named_region WHERE name = ?1", name));
    }
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::vector<ForgottenFace>> DeletePerson(Database& database, PersonId person) {
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<ForgottenFace> faces, FacesOfPerson(database, person));
  for (const ForgottenFace& face : faces) {
    CALOTYPE_RETURN_IF_ERROR(ForgetPlace(database, face.photo, face.box));
  }
  CALOTYPE_RETURN_IF_ERROR(ForgetInAllKept(database, person, faces));
  CALOTYPE_RETURN_IF_ERROR(database.Execute(
      "UPDATE face SET embedding = NULL, sharpness = NULL, person_id = NULL, decided = 0 WHERE person_id = ?1",
      person));
  CALOTYPE_RETURN_IF_ERROR(ForgetName(database, person));
  CALOTYPE_ASSIGN_OR_RETURN(const std::set<PersonId> numbers, NumbersOf(database, person));
  CALOTYPE_RETURN_IF_ERROR(DeleteDecisionsAbout(database, numbers));
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM merged_person WHERE into_id = ?1", person));
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM person WHERE id = ?1", person));
  return faces;
}

}  // namespace calotype
