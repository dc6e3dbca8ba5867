// FaceCatalog::ImportRegionNames().
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/text.h"
#include "catalog/forgotten_faces.h"
#include "catalog/row_values.h"
#include "catalog/sql_catalog.h"

namespace calotype {
namespace {

struct Region {
  int64_t position = 0;
  std::string name;
  Box box;  // pixels
};

struct Face {
  FaceId id = 0;
  Box box;
  std::optional<PersonId> person;
  std::string name;  // of the person
  int64_t decided = 0;
};

StatusOr<std::map<PhotoId, std::vector<Region>>> WaitingRegions(Database& database) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query("SELECT photo_id, position, name, x * photo.width, y * photo.height,"
                     " named_region.width * photo.width, named_region.height * photo.height"
                     " FROM named_region JOIN photo ON photo.id = photo_id WHERE imported = 0"
                     " AND photo.width IS NOT NULL AND EXISTS (SELECT 1 FROM face WHERE face.photo_id = photo.id)"
                     " ORDER BY photo_id, position"));
  std::map<PhotoId, std::vector<Region>> regions;
  CALOTYPE_RETURN_IF_ERROR(rows.ForEach([&regions](const Statement& row) {
    regions[row.Int(0)].push_back({.position = row.Int(1), .name = row.Text(2), .box = BoxFromRow(row, 3)});
  }));
  return regions;
}

StatusOr<std::vector<Face>> FacesIn(Database& database, PhotoId photo) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows,
                            database.Query("SELECT face.id, x, y, width, height, person_id, name, decided FROM face"
                                           " LEFT JOIN person ON person.id = person_id WHERE photo_id = ?1 ORDER BY 1",
                                           photo));
  return ReadRows(std::move(rows), [](const Statement& row) {
    return Face{.id = row.Int(0),
                .box = BoxFromRow(row, 1),
                .person = OptionalInt(row, 5),
                .name = row.IsNull(6) ? std::string() : row.Text(6),
                .decided = row.Int(7)};
  });
}

StatusOr<std::vector<PersonId>> PeopleCalled(Database& database, const std::string& name) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows, database.Query("SELECT id FROM person WHERE lower(name) = ?1 ORDER BY id", ToLowerAscii(name)));
  return ReadRows(std::move(rows), [](const Statement& row) { return PersonId{row.Int(0)}; });
}

StatusOr<bool> IsDenied(Database& database, FaceId face, PersonId person) {
  CALOTYPE_ASSIGN_OR_RETURN(
      const auto denied,
      database.QueryInt("SELECT 1 FROM face_not_person WHERE face_id = ?1 AND person_id = ?2", face, person));
  return denied.has_value();
}

// The people of one photo's faces, named by its regions.
class PhotoNames {
 public:
  PhotoNames(Database& database, std::vector<Face> faces) : database_(database), faces_(std::move(faces)) {}

  // Pairs of regions and faces at the same place, best first. Each region and face is in at most one pair.
  std::vector<std::pair<const Region*, Face*>> Match(const std::vector<Region>& regions);
  // True when the face got the name.
  StatusOr<bool> Name(const Region& region, Face& face);

 private:
  StatusOr<bool> Assign(Face& face, PersonId person);
  // To one of `people`, who all have the region's name.
  StatusOr<bool> AssignToOneOf(const std::vector<PersonId>& people, Face& face);

  Database& database_;
  std::vector<Face> faces_;
};

std::vector<std::pair<const Region*, Face*>> PhotoNames::Match(const std::vector<Region>& regions) {
  struct Pair {
    float overlap;
    const Region* region;
    Face* face;
  };
  std::vector<Pair> pairs;
  for (const Region& region : regions) {
    for (Face& face : faces_) {
      if (const float overlap = IntersectionOverUnion(region.box, face.box); overlap >= kSamePlace) {
        pairs.push_back({.overlap = overlap, .region = &region, .face = &face});
      }
    }
  }
  std::ranges::stable_sort(pairs, std::ranges::greater{}, &Pair::overlap);
  std::vector<std::pair<const Region*, Face*>> chosen;
  for (const Pair& pair : pairs) {
    const bool is_taken = std::ranges::any_of(
        chosen, [&pair](const auto& one) { return one.first == pair.region || one.second == pair.face; });
    if (!is_taken) {
      chosen.emplace_back(pair.region, pair.face);
    }
  }
  return chosen;
}

StatusOr<bool> PhotoNames::Assign(Face& face, PersonId person) {
  // A person is in a photo only once.
  if (std::ranges::any_of(faces_, [&](const Face& one) { return one.id != face.id && one.person == person; })) {
    return false;
  }
  CALOTYPE_RETURN_IF_ERROR(database_.Execute("UPDATE face SET person_id = ?2, decided = ?3 WHERE id = ?1", face.id,
                                             person, kDecidedByRegion));
  face.person = person;
  return true;
}

StatusOr<bool> PhotoNames::AssignToOneOf(const std::vector<PersonId>& people, Face& face) {
  // The name does not say which of two people with one name is meant, but the face's own person may.
  const bool has_name = face.person.has_value() && std::ranges::find(people, *face.person) != people.end();
  if (has_name || face.decided == kDecidedByUser) {
    return false;
  }
  for (const PersonId person : people) {
    CALOTYPE_ASSIGN_OR_RETURN(const bool denied, IsDenied(database_, face.id, person));
    if (denied) {
      continue;
    }
    CALOTYPE_ASSIGN_OR_RETURN(const bool assigned, Assign(face, person));
    if (assigned) {
      return true;
    }
  }
  return false;
}

StatusOr<bool> PhotoNames::Name(const Region& region, Face& face) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<PersonId> people, PeopleCalled(database_, region.name));
  if (!people.empty()) {
    return AssignToOneOf(people, face);
  }
  if (face.person.has_value() && face.name.empty()) {
    CALOTYPE_RETURN_IF_ERROR(database_.Execute("UPDATE person SET name = ?2 WHERE id = ?1", *face.person, region.name));
    CALOTYPE_RETURN_IF_ERROR(
        database_.Execute("UPDATE face SET decided = ?2 WHERE id = ?1 AND decided = 0", face.id, kDecidedByRegion));
    return true;
  }
  if (face.decided == kDecidedByUser) {
    return false;
  }
  CALOTYPE_ASSIGN_OR_RETURN(
      const PersonId person,
      database_.Insert("INSERT INTO person(name, created_at) VALUES (?1, unixepoch())", region.name));
  return Assign(face, person);
}

}  // namespace

StatusOr<int64_t> SqlCatalog::ImportRegionNames() {
  const MutexLock lock(&mutex_);
  CALOTYPE_ASSIGN_OR_RETURN(DatabaseTransaction transaction, DatabaseTransaction::Begin(*database_));
  CALOTYPE_ASSIGN_OR_RETURN(const auto waiting, WaitingRegions(*database_));
  int64_t named = 0;
  for (const auto& [photo, regions] : waiting) {
    CALOTYPE_ASSIGN_OR_RETURN(std::vector<Face> faces, FacesIn(*database_, photo));
    CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Box> forgotten, ForgottenPlaces(*database_, photo));
    std::erase_if(faces, [&forgotten](const Face& face) { return IsAtOneOf(forgotten, face.box); });
    PhotoNames names(*database_, std::move(faces));
    for (const auto& [region, face] : names.Match(regions)) {
      CALOTYPE_ASSIGN_OR_RETURN(const bool done, names.Name(*region, *face));
      named += done ? 1 : 0;
      CALOTYPE_RETURN_IF_ERROR(database_->Execute(
          "UPDATE named_region SET imported = 1 WHERE photo_id = ?1 AND position = ?2", photo, region->position));
    }
  }
  CALOTYPE_RETURN_IF_ERROR(transaction.Commit());
  return named;
}

}  // namespace calotype
