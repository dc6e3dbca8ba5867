#include "catalog/facts_tables.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "catalog/forgotten_faces.h"
#include "catalog/row_values.h"

namespace calotype {
namespace {

// IoU from which two regions are the same: programs round the numbers.
constexpr float kSameRegion = 0.9F;

StatusOr<std::vector<NamedRegion>> ReadRegions(Database& database, PhotoId photo, bool imported_only) {
  CALOTYPE_ASSIGN_OR_RETURN(Statement rows, database.Query("SELECT name, x, y, width, height FROM named_region"
                                                           " WHERE photo_id = ?1 AND imported >= ?2 ORDER BY position",
                                                           photo, imported_only ? 1 : 0));
  return ReadRows(std::move(rows),
                  [](const Statement& row) { return NamedRegion{.name = row.Text(0), .box = BoxFromRow(row, 1)}; });
}

// The places of forgotten faces, in fractions of the photo's size.
StatusOr<std::vector<Box>> ForgottenParts(Database& database, PhotoId photo) {
  CALOTYPE_ASSIGN_OR_RETURN(
      Statement rows,
      database.Query("SELECT x / photo.width, y / photo.height, forgotten_face.width / photo.width,"
                     " forgotten_face.height / photo.height FROM forgotten_face JOIN photo ON photo.id = photo_id"
                     " WHERE photo_id = ?1 AND photo.width > 0 AND photo.height > 0",
                     photo));
  return ReadRows(std::move(rows), [](const Statement& row) { return BoxFromRow(row, 0); });
}

Status WriteRegions(Database& database, PhotoId photo, const std::vector<NamedRegion>& regions) {
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<NamedRegion> imported, ReadRegions(database, photo, true));
  CALOTYPE_ASSIGN_OR_RETURN(const std::vector<Box> forgotten, ForgottenParts(database, photo));
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM named_region WHERE photo_id = ?1", photo));
  int position = 0;
  for (const NamedRegion& region : regions) {
    if (IsAtOneOf(forgotten, region.box)) {
      continue;
    }
    const bool is_known = std::ranges::any_of(imported, [&region](const NamedRegion& one) {
      return one.name == region.name && IntersectionOverUnion(one.box, region.box) >= kSameRegion;
    });
    CALOTYPE_RETURN_IF_ERROR(
        database.Execute("INSERT INTO named_region(photo_id, position, name, x, y, width, height, imported)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                         photo, position++, region.name, region.box.x, region.box.y, region.box.width,
                         region.box.height, is_known ? 1 : 0));
  }
  return absl::OkStatus();
}

Status WriteKeywords(Database& database, PhotoId photo, const std::vector<std::string>& keywords) {
  CALOTYPE_RETURN_IF_ERROR(database.Execute("DELETE FROM keyword WHERE photo_id = ?1", photo));
  for (const std::string& keyword : keywords) {
    CALOTYPE_RETURN_IF_ERROR(
        database.Execute("INSERT INTO keyword(photo_id, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING", photo, keyword));
  }
  return absl::OkStatus();
}

std::optional<GpsPosition> ReadPosition(const Statement& row, int column) {
  if (row.IsNull(column) || row.IsNull(column + 1)) {
    return std::nullopt;
  }
  const auto altitude = row.IsNull(column + 2) ? std::nullopt : std::optional(row.Real(column + 2));
  return GpsPosition{.latitude = row.Real(column), .longitude = row.Real(column + 1), .altitude = altitude};
}

void ReadColumns(const Statement& row, PhotoFacts& facts) {
  facts.taken_at = row.Text(0);
  facts.camera = row.Text(1);
  facts.lens = row.Text(2);
  facts.orientation = static_cast<int>(row.Int(3));
  facts.gps = ReadPosition(row, 4);
  facts.taken_utc = OptionalInt(row, 7);
  facts.time_zone = row.Text(8);
  facts.city = row.Text(9);
  facts.region = row.Text(10);
  facts.country = row.Text(11);
  facts.title = row.Text(12);
  facts.description = row.Text(13);
  facts.rating = row.IsNull(14) ? std::nullopt : std::optional(static_cast<int>(row.Int(14)));
}

}  // namespace

Status WriteFacts(Database& database, PhotoId photo, const PhotoFacts& facts) {
  const auto latitude = facts.gps.has_value() ? std::optional(facts.gps->latitude) : std::nullopt;
  const auto longitude = facts.gps.has_value() ? std::optional(facts.gps->longitude) : std::nullopt;
  const auto altitude = facts.gps.has_value() ? facts.gps->altitude : std::nullopt;
  const auto rating = facts.rating.has_value() ? std::optional(int64_t{*facts.rating}) : std::nullopt;
  CALOTYPE_RETURN_IF_ERROR(database.Execute(
      "UPDATE photo SET taken_at = ?2, camera = ?3, lens = ?4, orientation = ?5, latitude = ?6, longitude = ?7,"
      " altitude = ?8, taken_utc = ?9, time_zone = ?10, city = ?11, region = ?12, country = ?13, title = ?14,"
      " description = ?15, rating = ?16 WHERE id = ?1",
      photo, facts.taken_at, facts.camera, facts.lens, facts.orientation, latitude, longitude, altitude,
      facts.taken_utc, facts.time_zone, facts.city, facts.region, facts.country, facts.title, facts.description,
      rating));
  CALOTYPE_RETURN_IF_ERROR(WriteKeywords(database, photo, facts.keywords));
  return WriteRegions(database, photo, facts.regions);
}

StatusOr<PhotoFacts> ReadFacts(Database& database, PhotoId photo) {
  PhotoFacts facts;
  CALOTYPE_ASSIGN_OR_RETURN(Statement row,
                            database.Query("SELECT taken_at, camera, lens, orientation, latitude, longitude, altitude,"
                                           " taken_utc, time_zone, city, region, country, title, description, rating"
                                           " FROM photo WHERE id = ?1",
                                           photo));
  CALOTYPE_ASSIGN_OR_RETURN(const bool found, row.Step());
  if (found) {
    ReadColumns(row, facts);
  }
  CALOTYPE_ASSIGN_OR_RETURN(Statement words,
                            database.Query("SELECT name FROM keyword WHERE photo_id = ?1 ORDER BY name", photo));
  CALOTYPE_ASSIGN_OR_RETURN(facts.keywords,
                            ReadRows(std::move(words), [](const Statement& word) { return word.Text(0); }));
  CALOTYPE_ASSIGN_OR_RETURN(facts.regions, ReadRegions(database, photo, false));
  return facts;
}

Companion CompanionOf(const Statement& row) {
  return {.photo_path = row.Text(0),
          .path = row.Text(1),
          .kind = static_cast<CompanionKind>(row.Int(2)),
          .stamp = StampFromRow(row, 3)};
}

}  // namespace calotype
