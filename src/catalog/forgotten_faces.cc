#include "catalog/forgotten_faces.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "catalog/chunks.h"
#include "catalog/lease.h"
#include "catalog/row_values.h"

namespace calotype {
namespace {

// A region of a photo's metadata, in pixels.
struct StoredRegion {
  int64_t position = 0;
  Box box;
};

StatusOr<std::vector<StoredRegion>> RegionsOf(Database& database, PhotoId photo) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query("SELECT position, x * photo.width, y * photo.height, named_region.width * photo.width,"
                     " named_region.height * photo.height FROM named_region JOIN photo ON photo.id = photo_id"
                     " WHERE photo_id = ?1 AND photo.width IS NOT NULL",
                     photo));
  return ReadRows(std::move(rows),
                  [](const Statement& row) { return StoredRegion{.position = row.Int(0), .box = BoxFromRow(row, 1)}; });
}

}  // namespace

StatusOr<std::vector<Box>> ForgottenPlaces(Database& database, PhotoId photo) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query("SELECT x, y, width, height FROM forgotten_face WHERE photo_id = ?1 ORDER BY id", photo));
  return ReadRows(std::move(rows), [](const Statement& row) { return BoxFromRow(row, 0); });
}

bool IsAtOneOf(std::span<const Box> places, const Box& box) {
  return std::ranges::any_of(places,
                             [&box](const Box& place) { return IntersectionOverUnion(place, box) >= kSamePlace; });
}

std::vector<std::size_t> DropForgotten(std::span<const Box> places, std::vector<FaceFinding>& faces) {
  std::vector<std::size_t> dropped;
  for (const Box& place : places) {
    const auto overlap = [&place](const FaceFinding& face) { return IntersectionOverUnion(place, face.box); };
    const auto face = std::ranges::max_element(faces, {}, overlap);
    if (face != faces.end() && overlap(*face) >= kSamePlace) {
      face->embedding.clear();
      dropped.push_back(static_cast<std::size_t>(face - faces.begin()));
    }
  }
  return dropped;
}

Status ForgetPlace(Database& database, PhotoId photo, const Box& place) {
  CALOTYPE_RETURN_IF_ERROR(
      database.Execute("INSERT INTO forgotten_face(photo_id, x, y, width, height) VALUES (?1, ?2, ?3, ?4, ?5)", photo,
                       place.x, place.y, place.width, place.height));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<StoredRegion> regions, RegionsOf(database, photo));
  for (const StoredRegion& region : regions) {
    if (IsAtOneOf(std::span(&place, 1), region.box)) {
      CALOTYPE_RETURN_IF_ERROR(
          database.Execute("DELETE FROM named_region WHERE photo_id = ?1 AND position = ?2", photo, region.position));
    }
  }
  return absl::OkStatus();
}

Status RecogniseAgain(Database& database, FaceId face) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement row,
                            database.Query("SELECT photo_id, x, y, width, height FROM face WHERE id = ?1", face));
  CALOTYPE_ASSIGN_OR_RETURN(const bool found, row.Step());
  if (!found) {
    return absl::OkStatus();
  }
  const PhotoId photo = row.Int(0);
  const Box box = BoxFromRow(row, 1);
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query("SELECT x, y, width, height, id FROM forgotten_face"
                                                           " WHERE photo_id = ?1",
                                                           photo));
  CALOTYPE_ASSIGN_OR_RETURN(const auto places, ReadRows(std::move(rows), [](const Statement& one) {
                              return std::pair(BoxFromRow(one, 0), one.Int(4));
                            }));
  bool was_forgotten = false;
  for (const auto& [place, id] : places) {
    if (IsAtOneOf(std::span(&place, 1), box)) {
      CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM forgotten_face WHERE id = ?1", id));
      was_forgotten = true;
    }
  }
  if (was_forgotten) {
    CALOTYPE_RETURN_IF_ERROR(RevokeClaim(database, photo));
  }
  return was_forgotten ? database.Execute(
                             "UPDATE analysis SET state = 0, reason = '', retry_at = 0, attempts = 0, updated_at = ?2"
                             " WHERE photo_id = ?1 AND state = 2 AND analysis IN ('faces.detect', 'faces.recognise')",
                             photo, LeaseNow().unix_seconds)
                       : absl::OkStatus();
}

}  // namespace calotype
