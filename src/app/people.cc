#include "app/people.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace calotype {

StatusOr<PeopleAnswer> ListPeople(Library& library, const PeopleRequest& request) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  PeopleAnswer answer;
  CALOTYPE_ASSIGN_OR_RETURN(answer.people, catalog->People());
  if (!request.hidden) {
    std::erase_if(answer.people, [](const PersonRecord& person) { return person.hidden; });
  }
  if (request.count_faces) {
    CALOTYPE_ASSIGN_OR_RETURN(answer.faces, catalog->CountFaces());
  }
  return answer;
}

StatusOr<std::vector<PersonFace>> ListFaces(Library& library, PersonId person) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<FaceRecord> records, catalog->FacesOf(person));
  std::vector<PhotoId> photos;
  std::ranges::transform(records, std::back_inserter(photos), &FaceRecord::photo);
  CALOTYPE_ASSIGN_OR_RETURN(std::vector<std::string> paths, catalog->PathsOf(photos));
  std::vector<PersonFace> faces;
  for (std::size_t i = 0; i < records.size(); ++i) {
    faces.push_back({.face = std::move(records[i]), .path = std::move(paths[i])});
  }
  return faces;
}

Status NamePerson(Library& library, PersonId person, std::string_view name) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId resolved, catalog->ResolvePerson(person));
  return catalog->NamePerson(resolved, name);
}

Status MergePeople(Library& library, PersonId into, std::span<const PersonId> others) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->MergePeople(into, others);
}

StatusOr<PersonId> SplitPerson(Library& library, std::span<const FaceId> faces) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->SplitPerson(faces);
}

Status ConfirmFaces(Library& library, PersonId person, std::span<const FaceId> faces) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->DecideFaces(person, faces);
}

Status RejectFaces(Library& library, PersonId person, std::span<const FaceId> faces) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->SetNotPerson(person, faces);
}

Status SetPersonCover(Library& library, PersonId person, FaceId face) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->SetCover(person, face);
}

Status HidePerson(Library& library, PersonId person, bool hidden) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->HidePerson(person, hidden);
}

}  // namespace calotype
