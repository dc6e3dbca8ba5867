#include "app/people.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/printable.h"

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

StatusOr<PhotoId> PhotoOfFace(Library& library, FaceId face) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->PhotoOfFace(face);
}

StatusOr<KnownPerson> FindPerson(Library& library, PersonId number) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  KnownPerson known;
  CALOTYPE_ASSIGN_OR_RETURN(known.id, catalog->ResolvePerson(number));
  CALOTYPE_ASSIGN_OR_RETURN(known.name, catalog->NameOf(known.id));
  known.merged = known.id != number;
  return known;
}

std::string DescribePerson(const KnownPerson& person) {
  return person.name.empty() ? fmt::format("person {} (no name yet)", person.id)
                             : fmt::format("person {}, {}", person.id, Printable(person.name));
}

std::string DescribeMerged(PersonId number, const KnownPerson& person) {
  return fmt::format("{} is now {}", number, DescribePerson(person));
}

Status RefuseMerged(PersonId number, const KnownPerson& person) {
  return absl::FailedPreconditionError(fmt::format("{}; nothing was changed. To change this person, use the number {}",
                                                   DescribeMerged(number, person), person.id));
}

StatusOr<PersonId> PersonToChange(Library& library, PersonId number) {
  CALOTYPE_ASSIGN_OR_RETURN(const KnownPerson person, FindPerson(library, number));
  if (person.merged) {
    return RefuseMerged(number, person);
  }
  return person.id;
}

StatusOr<Namesakes> FindNamesakes(Library& library, PersonId person, std::string_view name) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  CALOTYPE_ASSIGN_OR_RETURN(const PersonId meant, catalog->ResolvePerson(person));
  Namesakes others;
  CALOTYPE_ASSIGN_OR_RETURN(others.people, catalog->PeopleNamed(name));
  std::erase(others.people, meant);
  if (others.people.empty()) {
    return others;
  }
  CALOTYPE_ASSIGN_OR_RETURN(const std::string their_name, catalog->NameOf(others.people.front()));
  const std::string numbers = fmt::format("{}", fmt::join(others.people, ", "));
  others.text = others.people.size() == 1 ? fmt::format("person {} is also called {}", numbers, Printable(their_name))
                                          : fmt::format("people {} are also called {}", numbers, Printable(their_name));
  return others;
}

StatusOr<Decided> ChangePerson(Library& library, PersonId person, const PersonChange& change) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->ChangePerson(person, change);
}

StatusOr<Decided> MergePeople(Library& library, PersonId into, std::span<const PersonId> others) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->MergePeople(into, others);
}

StatusOr<NewPerson> SplitPerson(Library& library, std::span<const FaceId> faces) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->SplitPerson(faces);
}

StatusOr<Decided> ConfirmFaces(Library& library, PersonId person, std::span<const FaceId> faces) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->DecideFaces(person, faces);
}

StatusOr<Decided> RejectFaces(Library& library, PersonId person, std::span<const FaceId> faces) {
  CALOTYPE_ASSIGN_OR_RETURN(const CatalogLease catalog, library.Catalogue());
  return catalog->SetNotPerson(person, faces);
}

}  // namespace calotype
